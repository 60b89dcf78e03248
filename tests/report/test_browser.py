"""The page in a real browser; skipped where none is installed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from recx.report.compare_page import page as compare_page
from recx.report.page import page
from tests.report.example import NASTY, compared, example, hostile

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --allow-file-access-from-files --window-size=1400,900"
)
# A headless window cannot be made narrow, a frame can. Every element is asked, for one that is cut off by its
# parent would not widen the page.
PROBE = """<!DOCTYPE html><html><body style="margin:0"><script>
addEventListener("load", () => {
  const found = []
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, width = frame.clientWidth
    const sheet = page.querySelector(".sheet"), margin = parseFloat(getComputedStyle(sheet).paddingRight)
    const edge = sheet.getBoundingClientRect().right - margin
    for (const each of page.querySelectorAll("details")) each.open = true
    let over = -1e9
    for (const each of sheet.querySelectorAll("*"))
      over = Math.max(over, each.getBoundingClientRect().right - edge)
    found.push([width, page.documentElement.scrollWidth, Math.ceil(over)].join(":"))
  }
  document.body.textContent = "measured " + found.join(" ")
})
</script>FRAMES</body></html>"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("needs chromium: apt-get install chromium")
    return found


def measured(browser: str, html: str, widths: tuple[int, ...], folder: Path) -> list[tuple[int, int, int]]:
    """Width of the frame, of the page in it, and by how much anything reaches into its right margin."""
    (folder / "report.html").write_text(html, encoding="utf-8")
    frames = "".join(
        f'<iframe src="report.html" style="border:0;width:{width}px;height:600px"></iframe>'
        for width in widths
    )
    (folder / "probe.html").write_text(PROBE.replace("FRAMES", frames), encoding="utf-8")
    done = subprocess.run(
        [
            browser,
            *FLAGS.split(),
            f"--user-data-dir={folder / 'profile'}",
            "--dump-dom",
            f"file://{folder}/probe.html",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = re.search(r"measured ([\d: -]+)", done.stdout)
    assert found, done.stderr[-2000:]
    parts = [each.split(":") for each in found[1].split()]
    return [(int(width), int(page), int(over)) for width, page, over in parts]


@pytest.mark.parametrize("name", ["example", "hostile"])
def test_nothing_sticks_out_on_a_phone_or_on_a_desk(name: str, browser: str, tmp_path: Path) -> None:
    report = {"example": example, "hostile": hostile}[name]()
    for width, whole, over in measured(browser, page(report), (360, 400, 720, 1040, 1080, 1280), tmp_path):
        assert whole <= width, width
        assert over <= 10, width  # the coloured rows of a phone's table reach 10 pixels into the margin


def test_a_comparison_sticks_out_no_more(browser: str, tmp_path: Path) -> None:
    html = compare_page(compared(hostile(), NASTY, "i" * 60))
    for width, whole, over in measured(browser, html, (400, 1280), tmp_path):
        assert whole <= width, width
        assert over <= 10, width
