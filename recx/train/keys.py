"""Keys of fits and runs: equal keys, equal arrays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from recx import store
from recx.data import Dataset, Fold
from recx.errors import DataError
from recx.models import all_models
from recx.models.base import ModelConfig


def fit_key(
    model: ModelConfig,
    dataset: Dataset,
    fold: Fold,
    seed: int,
    watched: str = "",
    changed: Sequence[str] = (),
) -> str:
    """Of model settings, fold, kind of feedback, seed and sources, and of the catalogue and the files that
    the model reads; ``watched`` says what may have stopped the fit, ``changed`` what was done to the rows.
    """
    known: list[str] = [dataset.feedback, *changed]
    if model.reads_catalogue:
        known.append(dataset.training_data(fold).catalog.fingerprint)
    for file in model.files():
        if not file.is_file():
            raise DataError(f"{model.name}: {file} is missing")
        known.append(store.sha256(file))
    return digest(asdict(model), fold.fingerprint, seed, sources(model.name), watched, *known)


def digest(*parts: object) -> str:
    """16 hex digits of any plain values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


@cache
def sources(name: str) -> str:
    """Hash of the source files that a model's arrays depend on: its family, the shared model files, the
    kernels.
    """
    module = all_models()[name].partition(":")[0]
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise DataError(f"the model '{name}' lies in {module}, which cannot be found")
    family = Path(spec.origin).parent
    room = Path(__file__).parents[1]
    files = {*family.glob("*.py"), *(room / "models").glob("*.py"), *(room / "kernels").glob("*.py")}
    return digest(*(store.sha256(file) for file in sorted(files)))


def find_run(results: Path, key: str, status: str = "ok") -> Path | None:
    """The newest run folder below ``results`` whose manifest has this key and status."""
    for manifest in sorted(
        results.glob(f"*/{store.MANIFEST}"), key=lambda path: path.stat().st_mtime, reverse=True
    ):
        try:
            facts = store.read_json(manifest)
        except DataError:
            continue  # damaged by hand: not a run to build on, and `recx ls` shows it
        if facts.get("key") == key and facts.get("status") == status:
            return manifest.parent
    return None


def find_fit(results: Path, key: str) -> Path | None:
    """A finished run below ``results``, or trial of a sweep beside it, that has made the fit of this key."""
    trials = results.parent.glob(f"sweep/*/trials/train/*/{store.MANIFEST}")
    for manifest in (*results.glob(f"*/{store.MANIFEST}"), *trials):
        try:
            facts = store.read_json(manifest)
        except DataError:
            continue
        if facts.get("status") == "ok" and any(fit["key"] == key for fit in facts.get("fits", {}).values()):
            return manifest.parent
    return None
