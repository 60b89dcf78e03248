"""The wheel holds every package, works in an empty environment and carries its configs."""

import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_every_folder_with_code_is_packaged() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {path.parent for path in (ROOT / "recx").rglob("__init__.py")}
    found = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert sorted(listed) == sorted(found | {"recx.conf"})


def test_dependencies_are_pinned_in_the_tested_set() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    names = [name.partition(">")[0].partition("=")[0].partition(";")[0].strip() for name in wanted]
    assert [name for name in names if name.lower() not in pins] == []


@pytest.mark.slow
def test_a_wheel_in_an_empty_environment_gives_a_working_recx_with_its_configs(tmp_path: Path) -> None:
    # the environment is empty but for the dependencies, which it borrows from this one
    run = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "-q", "--no-deps"]
    subprocess.run([*run, "-w", tmp_path / "dist", ROOT], check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    site = next((tmp_path / "env" / "lib").glob("python*/site-packages"))
    install = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--no-deps"]
    subprocess.run([*install, "--target", site, wheel], check=True, capture_output=True)
    borrowed = Path(sysconfig.get_path("purelib"))
    # unlike PYTHONPATH, a .pth line comes after the environment's own folder
    (site / "borrowed.pth").write_text(f"{borrowed}\n")
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    shown = subprocess.run(
        [tmp_path / "env" / "bin" / "python", "-c", "import recx.cli; recx.cli.main()", "config", "train"],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "model.factors=64" in shown.stdout
    where = subprocess.run(
        [tmp_path / "env" / "bin" / "python", "-c", "import recx; print(recx.__file__)"],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(site) in where.stdout
