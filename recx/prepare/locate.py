"""Where raw data lies: dataset.path, then $RECX_DATA_HOME/<name>."""

from __future__ import annotations

import os
from pathlib import Path

from recx.errors import DataError
from recx.manifest import HOME
from recx.prepare.config import DatasetConfig


def given_path(config: DatasetConfig) -> Path | None:
    """The file or folder that the settings or the environment name; None where neither does.

    Raises DataError where dataset.path names nothing.
    """
    if config.path is not None:
        path = Path(config.path).expanduser()
        if not path.exists():
            raise DataError(f"dataset.path={config.path}: no such file or folder")
        return path
    home = os.environ.get(HOME)
    if home:
        for name in (config.name, config.name.replace("-", "_"), config.name.replace("_", "-")):
            if (folder := Path(home).expanduser() / name).exists():
                return folder
    return None


def needed_path(config: DatasetConfig) -> Path:
    """Like ``given_path``; DataError where nothing is named."""
    path = given_path(config)
    if path is None:
        raise DataError(
            f"no data for '{config.name}'; give its file or folder with dataset.path=..., "
            f"or set {HOME} to the folder that holds {config.name}/"
        )
    return path


def one_file(path: Path, name: str | None, suffixes: tuple[str, ...], setting: str) -> Path:
    """``path`` if it is a file, else ``name`` inside it, else the only file there with such a suffix."""
    if path.is_file():
        return path
    if name is not None:
        return path / name
    found = sorted(file for file in path.iterdir() if file.is_file() and file.name.lower().endswith(suffixes))
    if len(found) == 1:
        return found[0]
    listed = ", ".join(file.name for file in found[:8]) or f"none that ends in {' or '.join(suffixes)}"
    raise DataError(f"{path} holds {len(found)} candidates ({listed}); choose one with {setting}=...")


def beside(path: Path, name: str) -> Path:
    """``name`` in the folder ``path``, or in the folder of the file ``path``; an absolute name as it is."""
    return (path if path.is_dir() else path.parent) / Path(name).expanduser()
