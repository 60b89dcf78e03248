"""Where configs lie: recx's own and the user's, which goes first."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from recx.errors import UsageError


def own_folder() -> Path:
    """Where conf/ was installed: the package recx.conf."""
    return Path(next(iter(import_module("recx.conf").__path__)))


def search_path(user: Path | None) -> list[Path]:
    """The folders that are searched, first to last."""
    own = own_folder()
    if user is None:
        return [own]
    if not user.is_dir():
        raise UsageError(f"--conf {user} is no folder")
    return [user.resolve(), own]


def options(group: str, path: list[Path]) -> list[str]:
    """Names of the options of a group, sorted."""
    return sorted({file.stem for folder in path for file in (folder / group).glob("*.yaml")})


def find(name: str, path: list[Path]) -> Path:
    """The file that ``name`` ("model/als") is read from."""
    for folder in path:
        if (folder / f"{name}.yaml").is_file():
            return folder / f"{name}.yaml"
    raise UsageError(f"no config {name}.yaml in {', '.join(map(str, path))}")


def shown(file: Path) -> str:
    """How a config file is called in messages: conf/model/als.yaml, or the user's own path."""
    own = own_folder()
    return f"conf/{file.relative_to(own)}" if file.is_relative_to(own) else str(file)
