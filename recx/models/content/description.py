"""What items say about themselves: terms and vectors in one space."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Float32
from recx.data import TrainingData
from recx.errors import DataError, UsageError
from recx.models.content.config import DescriptionConfig
from recx.models.content.terms import terms_of
from recx.models.content.vectors import read_vectors


@dataclass(frozen=True, eq=False)
class Description:
    """[terms ; sqrt(weight) x vectors] of every item, scaled to length 1; 0 for items nothing is known of."""

    terms: csr_array  # (n_items, n_terms) float32
    vectors: Float32  # (n_items, d), d = 0 without a file
    names: tuple[str, ...]  # of the terms

    @staticmethod
    def of(data: TrainingData, config: DescriptionConfig) -> Description:
        """Of the items of the log's id space; UsageError or DataError where there is nothing to read."""
        n = data.interactions.n_items
        terms, names = terms_of(data.catalog, n, config)
        vectors = np.zeros((n, 0), dtype=np.float32)
        if config.vectors:
            if config.vectors_weight <= 0:
                raise UsageError(f"{config.name}: vectors_weight={config.vectors_weight:g}, expected above 0")
            if len(data.catalog.item_ids) < n:
                raise DataError(f"{config.name}: vectors need a prepared data set, which knows its item ids")
            vectors = read_vectors(Path(config.vectors), data.catalog.item_ids[:n])
            vectors *= np.float32(np.sqrt(config.vectors_weight))
        squares = np.asarray(terms.multiply(terms).sum(axis=1)) + np.sum(vectors**2, axis=1)
        scale = (1 / np.sqrt(np.where(squares > 0, squares, 1))).astype(np.float32)
        rows = np.repeat(scale, np.diff(terms.indptr))
        scaled = csr_array((terms.data * rows, terms.indices, terms.indptr), shape=terms.shape)
        return Description(scaled, vectors * scale[:, None], tuple(names))

    @cached_property
    def known(self) -> Float32:
        """1 for items of which something is known, else 0: (n_items,)."""
        there = (np.diff(self.terms.indptr) > 0) | self.vectors.any(axis=1)
        return np.asarray(there, dtype=np.float32)

    def stacked(self) -> csr_array:
        """Terms and vectors as one matrix: (n_items, n_terms + d)."""
        from scipy.sparse import hstack

        return csr_array(hstack([self.terms, csr_array(self.vectors)], format="csr", dtype=np.float32))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything ``restored`` needs; names as UTF-8, a line each."""
        return {
            "names": np.frombuffer("\n".join(self.names).encode(), dtype=np.uint8),
            "indptr": self.terms.indptr.astype(np.int64),
            "terms": self.terms.indices.astype(np.int32),
            "weights": self.terms.data,
            "vectors": self.vectors,
        }

    @staticmethod
    def restored(arrays: dict[str, npt.NDArray[np.generic]]) -> Description:
        """The description whose ``arrays`` these are."""
        text = arrays["names"].tobytes().decode()
        names = tuple(text.split("\n")) if text else ()
        indptr = arrays["indptr"]
        terms = csr_array(
            (arrays["weights"], arrays["terms"], indptr),
            shape=(len(indptr) - 1, len(names)),
            dtype=np.float32,
        )
        return Description(terms, np.asarray(arrays["vectors"], dtype=np.float32), names)
