"""What every side of a comparison shares: the data, the settings of a job, the clock and the memory gauge.

Needs numpy and scipy alone, so that it runs in the environment of any peer.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

THREADS = 2
SETTINGS: dict[str, dict[str, Any]] = {
    "als-64": {"factors": 64, "epochs": 16, "cg_steps": 3},
    "als-256": {"factors": 256, "epochs": 15, "cg_steps": 3},
    "bpr": {"factors": 64, "epochs": 20, "lr": 0.05, "reg": 0.01},
    "ease": {"reg": 238.0},
    "item_knn": {"neighbours": 100},
    "slim": {"l1": 1.0, "l2": 50.0},
    "svd": {"factors": 100, "epochs": 20, "lr": 0.005, "reg": 0.02},
    "svdpp": {"factors": 20, "epochs": 20, "lr": 0.007, "reg": 0.02},
    "top": {"factors": 64, "k": 20},
}
"""The same for everyone who takes part in a job, unless its row says otherwise."""
PENALTIES = {"ml-1m": (0.1, 0.003), "gowalla": (0.01, 0.003)}
"""als: weight of an unobserved pair, and L2 penalty per weight of a row (Rendle et al. 2021)."""


@dataclass(frozen=True)
class Data:
    """What a job works on: a log of pairs, or ratings with some kept back."""

    name: str
    train: csr_matrix  # (n_users, n_items) ones, or ratings
    test_users: np.ndarray  # (n,)
    test_items: np.ndarray  # (n,)

    @staticmethod
    def read(path: str) -> Data:
        """From a file that ``write`` made."""
        with np.load(path, allow_pickle=False) as held:
            parts = (held["data"], held["indices"], held["indptr"])
            train = csr_matrix(parts, shape=tuple(held["shape"]))
            return Data(str(held["name"]), train, held["test_users"], held["test_items"])

    def write(self, path: Path) -> None:
        """For ``read``."""
        train = self.train
        np.savez(path, name=self.name, data=train.data, indices=train.indices, indptr=train.indptr,
                 shape=train.shape, test_users=self.test_users, test_items=self.test_items)  # fmt: skip

    def first(self, n_users: int) -> csr_matrix:
        """A few users, to warm up on."""
        return self.train[:n_users]


Work = Callable[[], Any]
Answer = Callable[[Any], Mapping[str, np.ndarray]]
Job = Callable[[Data, dict[str, Any], int], tuple[Work, Answer]]
"""Builds what is timed, and what turns its result into arrays: users and items (and item_bias), or weights
(dense or as indptr, indices, values), or lists, or predicted ratings."""


def main(jobs: Mapping[str, Job], warm: Callable[[str, Data], None] | None = None) -> None:
    """``script.py JOB DATA OUT SEED [SETTING=NUMBER ...]``: leave seconds and megabytes in OUT.json, what was
    learnt in OUT.

    ``warm`` compiles what a job will use. The gauge of memory then starts where the data lies in memory as
    one sparse matrix, so that a library's own copy of it counts; the clock starts where that copy is made.
    """
    name, source, target, seed, *own = sys.argv[1:]
    settings = SETTINGS[name] | {key: int(number) for key, number in (word.split("=") for word in own)}
    data = Data.read(source)
    if warm:
        warm(name, data)
    before = _forget_peak()
    work, answer = jobs[name](data, settings, int(seed))
    started = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - started
    peak = _status("VmHWM")
    np.savez(target, **answer(result))
    told = {"seconds": seconds, "peak": peak, "grown": peak - before}
    Path(target).with_suffix(".json").write_text(json.dumps(told))


def _forget_peak() -> float:
    """Resident megabytes now; the peak counts from here."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024
