"""Scores of bases that are kept from one fusion to the next: by content, checked when read, bounded."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recx import store
from recx.errors import DataError

GIGABYTE = 1 << 30
DIGEST = "sha256"
"""Entry that holds the hash of all others."""

Arrays = dict[str, npt.NDArray[Any]]


class Kept:
    """Named arrays by key, in a folder that holds no more than ``gigabytes``; the longest unused go first."""

    def __init__(self, folder: Path, gigabytes: float) -> None:
        self.folder = folder
        self.bound = int(gigabytes * GIGABYTE)  # 0: nothing is kept
        self.written = 0

    def find(self, key: str) -> Arrays | None:
        """What was kept under ``key``; None where there is nothing, or it is not what was written."""
        path = self.folder / f"{key}.safetensors"
        if not self.bound or not path.is_file():
            return None
        try:
            arrays = store.read_arrays(path)
        except DataError:
            arrays = {}
        if DIGEST not in arrays or bytes(arrays.pop(DIGEST)) != _digest(arrays):
            path.unlink(missing_ok=True)
            return None
        os.utime(path)
        return arrays

    def keep(self, key: str, arrays: Arrays) -> None:
        """Keep ``arrays`` under ``key``, and let go of what is too much."""
        size = sum(array.nbytes for array in arrays.values())
        if size > self.bound:
            return
        if not self.written:
            with store.locked(self.folder):
                store.sweep_up(self.folder)
        signed = {**arrays, DIGEST: np.frombuffer(_digest(arrays), dtype=np.uint8)}
        store.write_arrays(self.folder / f"{key}.safetensors", signed)
        self.written += size
        self._trim()

    @property
    def size(self) -> int:
        """Bytes that the folder holds."""
        return sum(path.stat().st_size for path in self.folder.glob("*.safetensors"))

    def _trim(self) -> None:
        found = []
        # another process may take one away at any moment
        for path in self.folder.glob("*.safetensors"):
            try:
                found.append((path.stat().st_mtime_ns, path.stat().st_size, path))
            except OSError:
                continue
        total = sum(taken for _, taken, _ in found)
        for _, taken, path in sorted(found):
            if total <= self.bound:
                return
            path.unlink(missing_ok=True)
            total -= taken


def _digest(arrays: Arrays) -> bytes:
    found = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        found.update(f"{name} {array.dtype} {array.shape} ".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.digest()
