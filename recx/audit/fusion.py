"""A stacker that saw its labels: what its bases were stopped on, and what was known of the items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from recx.audit.finding import Check, Finding
from recx.audit.run import Run
from recx.data import Dataset, Fold
from recx.fuse.known import ItemFacts
from recx.fuse.runs import KNOWN

AGAIN = "fuse again"


def check_stacker(run: Run, dataset: Dataset) -> list[Check]:
    """The checks stacker-labels and statistics of a fuse run; its bases' fits are looked at with them."""
    stopped = [base for base in run.parts if base.train.stopped_on_valid]
    findings = [
        Finding(
            "leak",
            f"{base.name} was stopped on valid, whose labels the fuser learns from",
            f"{base.folder.name}/manifest.json, stopped_on_valid",
            f"train {base.train.model.name} again with split.watch=inner, and fuse again",
        )
        for base in stopped
    ]
    return [
        Check("stacker-labels", run.name, "what stopped the bases", tuple(findings)),
        Check(
            "statistics", run.name, "what was known of the items at each cut-off", tuple(_known(run, dataset))
        ),
    ]


def _known(run: Run, dataset: Dataset) -> Iterator[Finding]:
    split = dataset.split
    final = split.final if run.config.get("refit", True) else split.valid
    for name, fold in {**{fold.name: fold for fold in split.windows}, "final": final}.items():
        file = run.folder / KNOWN / f"{name}.safetensors"
        if not file.is_file():
            continue
        stored, honest = ItemFacts.read(file), ItemFacts.of(dataset, fold)
        wrong = [key for key in sorted({*stored.numbers, *honest.numbers}) if not _same(key, stored, honest)]
        if not wrong:
            continue
        knowing = ItemFacts.of(dataset, _with_labels(fold))
        told = [key for key in wrong if _same(key, stored, knowing)]
        asked = "test" if name == "final" else f"the labels of {name}"
        yield Finding(
            "leak",
            f"{', '.join(wrong)} of items "
            + (f"are taken over {asked} too" if told else f"are not what was known before {asked}"),
            f"{KNOWN}/{file.name}",
            AGAIN,
            {"columns": len(wrong), "as_with_labels": len(told)},
        )


def _with_labels(fold: Fold) -> Fold:
    return replace(fold, fit=fold.fit.merged(fold.target))


def _same(key: str, one: ItemFacts, other: ItemFacts) -> bool:
    if key not in one.numbers or key not in other.numbers:
        return False
    a, b = one.numbers[key], other.numbers[key]
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-4, atol=1e-6, equal_nan=True))
