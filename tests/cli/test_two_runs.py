"""compare and reproduce as they are typed."""

import json
import subprocess

from tests.cli.conftest import MAIN, Recx

SHOP = (
    "dataset=synthetic", "dataset.n_users=200", "dataset.n_items=60", "dataset.n_cold=4", "k=[5]",
    "threads=1",
)  # fmt: skip


def test_two_runs_are_compared_and_one_is_made_again(recx: Recx) -> None:
    popular, knn = (
        str(recx.last_line("train", *SHOP, f"model={model}").relative_to(recx.folder))
        for model in ("popular", "item_knn")
    )
    told = recx("compare", popular, knn, "k=[5]", "threads=1", "slices=[activity]", "-q").stdout
    first, *_, last = told.strip().splitlines()
    assert "ndcg@5" in first and "users gain" in first
    page = (recx.folder / last).read_text()
    assert page.startswith("<!DOCTYPE html>")
    written = json.loads((recx.folder / last).with_name("compare.json").read_text())
    assert written["verdict"] == first
    again = recx("reproduce", knn).stdout
    assert "same     model/final.safetensors\n" in again
    assert again.strip().splitlines()[-1].startswith("reproduced: all ")
    manifest = recx.folder / knn / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"numba": "', '"numba": "0.'))
    command = [*MAIN, "reproduce", knn, "--dry-run"]
    changed = subprocess.run(command, capture_output=True, text=True, cwd=recx.folder, check=False)
    assert changed.returncode == 7, changed.stderr
    assert "changed  package numba: was 0." in changed.stdout
