"""A finished run as it lies on disk, without trust in its checksums."""

from __future__ import annotations

from pathlib import Path

from recx import store
from recx.errors import DataError, UsageError

VERBS = ("train", "fuse", "evaluate")


class Run:
    """The manifest of a run and its files."""

    signed = store.MANIFEST

    def __init__(self, folder: Path) -> None:
        if not (folder / store.MANIFEST).is_file():
            raise UsageError(f"no run in {folder}; recx ls shows what there is")
        self.folder = folder
        self.name = folder.resolve().name
        self.manifest = store.read_json(folder / store.MANIFEST)
        self.verb = str(self.manifest.get("verb"))
        if self.verb not in VERBS:
            raise UsageError(f"{folder} is a run of {self.verb}; audit takes {', '.join(VERBS)} runs")
        if (status := self.manifest.get("status")) != "ok":
            raise DataError(f"{folder} is not a finished run (status: {status})")

    def dataset(self, data_dir: Path) -> Path:
        """Where its data set lies: where it was, or under ``data_dir``; DataError where it is gone."""
        noted = self.manifest.get("dataset", {})
        folder = Path(str(noted.get("folder", "")))
        for place in (folder, data_dir / folder.name):
            if folder.name and place.is_dir():
                return place
        raise DataError(f"the data set of {self.folder} is gone: no {folder}; prepare it again")

    def changed(self) -> list[str]:
        """Files that are missing or not what was written, and those that were not written."""
        written = self.manifest.get("files", {})
        found = store.checksums(self.folder)
        return sorted(name for name in {*written, *found} if found.get(name) != written.get(name))
