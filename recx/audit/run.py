"""A finished run as it lies on disk, without trust in its checksums."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from recx import store
from recx.errors import DataError, UsageError
from recx.fuse.carried import BASES, DATA
from recx.prepare.stored import HEADER
from recx.train import keys
from recx.train.runs import MODEL, TrainRun, run_of

VERBS = ("train", "fuse", "sweep", "evaluate")


class Run:
    """The manifest of a run, its files, and the runs it was made from."""

    signed = store.MANIFEST

    def __init__(self, folder: Path, name: str = "") -> None:
        if (folder / HEADER).is_file():
            raise UsageError(f"run={folder} is a data set; recx audit data={folder}")
        if not (folder / store.MANIFEST).is_file():
            raise UsageError(f"no run in {folder}; recx ls shows what there is")
        self.folder = folder
        self.name = name or folder.resolve().name
        self.manifest = store.read_json(folder / store.MANIFEST)
        self.verb = str(self.manifest.get("verb"))
        if self.verb not in VERBS:
            raise UsageError(f"{folder} is a run of {self.verb}; audit takes runs of {', '.join(VERBS)}")
        if (status := self.manifest.get("status")) != "ok":
            raise DataError(f"{folder} is not a finished run (status: {status})")

    @property
    def config(self) -> dict[str, Any]:
        """The settings it was made with."""
        return dict(self.manifest.get("config", {}))

    @property
    def fingerprint(self) -> str | None:
        """Of its data set; None where the run does not say."""
        found = self.manifest.get("dataset", {}).get("fingerprint")
        return None if found is None else str(found)

    def dataset(self, data_dir: Path) -> Path:
        """Where its data set lies: where it was, under ``data_dir`` or in the run; else DataError."""
        noted = self.manifest.get("dataset", {}).get("folder")
        if noted is None and self.parts:
            return self.parts[0].dataset(data_dir)
        folder = Path(str(noted))
        for place in (folder, data_dir / folder.name, self.folder / DATA):
            if folder.name and place.is_dir():
                return place
        raise DataError(f"the data set of {self.folder} is gone: no {folder}; prepare it again")

    def changed(self) -> list[str]:
        """Files that are missing or not what was written; a report's pages are added later."""
        written: dict[str, str] = self.manifest.get("files", {})
        paths = {name: self.folder / name for name in sorted(written)}
        return [
            name for name, path in paths.items() if not path.is_file() or store.sha256(path) != written[name]
        ]

    @cached_property
    def parts(self) -> list[Run]:
        """The runs it was made from: the bases of a fusion, the trials of a sweep, the entrants of a report.

        DataError where one is gone.
        """
        if self.verb == "fuse":
            return [self._base(label, self._beside(Path(run))) for label, run in self._bases().items()]
        if self.verb == "sweep":
            found = sorted((self.folder / "trials" / "train").glob(f"*/{store.MANIFEST}"))
            finished = [path.parent for path in found if store.read_json(path).get("status") == "ok"]
            return [Run(folder) for folder in finished]
        if self.verb == "evaluate":
            named = [*self.config.get("runs", []), self.config.get("run", "")]
            folders = [self._beside(Path(run)) for run in dict.fromkeys(named) if run]
            if gone := [folder for folder in folders if not (folder / store.MANIFEST).is_file()]:
                raise DataError(f"{self.folder} is a report of {gone[0]}, which is gone")
            return [Run(folder) for folder in folders]
        return []

    def _beside(self, run: Path) -> Path:
        """Where a run was, or next to this one where results were moved together."""
        moved = self.folder.resolve().parents[1] / run.parent.name / run.name
        return run if (run / store.MANIFEST).is_file() or not moved.is_dir() else moved

    def _bases(self) -> dict[str, str]:
        try:
            bases: dict[str, str] = self.manifest["fusion"]["base_runs"]
            return bases
        except (KeyError, TypeError) as error:
            raise DataError(f"{self.folder / store.MANIFEST} says nothing of {error}; fuse again") from error

    def _base(self, label: str, trained: Path) -> Run:
        """As it lies in the fusion; where it was trained, if that has the same fits, and of all windows."""
        carried = self.folder / BASES / label
        there, here = (trained / store.MANIFEST).is_file(), carried.is_dir()
        if not (there or here):
            raise DataError(f"{self.folder} was fused from {trained}, which is gone")
        return Run(trained if there and (not here or _equal(carried, trained)) else carried, label)

    @cached_property
    def train(self) -> TrainRun:
        """What a train run says of itself."""
        return run_of(self.folder, self.manifest)

    @property
    def stored(self) -> list[str]:
        """Fits of a train run whose arrays lie in it: a fusion carries those of valid and test alone."""
        return [name for name in self.train.fits if (self.folder / MODEL / f"{name}.safetensors").is_file()]

    @property
    def outdated(self) -> bool:
        """Whether a train run's model has changed since, so that its arrays may mean something else now."""
        return self.train.sources != keys.sources(self.train.model.name)


def _equal(carried: Path, trained: Path) -> bool:
    """Whether two folders hold the same training, but for the fits that the first leaves out."""
    one, other = (store.read_json(folder / store.MANIFEST) | {"files": {}} for folder in (carried, trained))
    fits = (Path(MODEL) / file.name for file in (carried / MODEL).glob("*.safetensors"))
    return one == other and all(
        (trained / fit).is_file() and store.sha256(trained / fit) == store.sha256(carried / fit)
        for fit in fits
    )
