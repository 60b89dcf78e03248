"""What models share that learn a sparse matrix of weights between items: neighbours, elastic nets, walks."""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Float32, Int32, Int64
from recx.data import Pairs, UserBatch
from recx.kernels.neighbours import add_pairs, add_rows
from recx.models.base import HistoryConfig, Reason, Recommender
from recx.models.recency import add_own, at_pairs, csr, weigh

C = TypeVar("C", bound=HistoryConfig)
BLOCK_BYTES = 32 << 20
"""A block of dense rows of the matrix, before most of it is dropped, takes about this much memory."""


class ItemWeights(Recommender[C]):
    """Scores = h W, for the weighted history h; what of it each item of the history brought explains it."""

    explains = True
    indptr: Int64  # (n_items + 1,) rows are items of the history
    items: Int32  # (nnz,) ascending within a row
    values: Float32  # (nnz,)

    def history_of(self, batch: UserBatch) -> csr_array:
        """What each user of the batch thinks of each item, (n, n_items)."""
        config = self.config
        return weigh(batch.histories, self.n_items, config.values, batch.at, config.decay, config.half_life)

    def score(self, batch: UserBatch) -> Float32:
        """Weighted sums of the rows of the history."""
        history = self.history_of(batch)
        scores: Float32 = add_rows(*csr(history), self.indptr, self.items, self.values, self.n_items)
        return add_own(scores, history, self.config.own)

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The same sums for some items only."""
        history = self.history_of(batch)
        scores: Float32 = add_pairs(
            *csr(history), self.indptr, self.items, self.values, pairs.row, pairs.item
        )
        if self.config.own:
            scores += np.float32(self.config.own) * at_pairs(history, pairs)
        return scores

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        history = self.history_of(one)
        return of_history(history, self.indptr, self.items, self.values, item, self.config.own)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"indptr": self.indptr, "items": self.items, "values": self.values}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.indptr = arrays["indptr"].astype(np.int64, copy=False)
        self.items = arrays["items"].astype(np.int32, copy=False)
        self.values = arrays["values"].astype(np.float32, copy=False)


def row_blocks(n_rows: int, n_columns: int) -> Iterator[tuple[int, Float32]]:
    """First row and room for each block of a dense matrix that is made, read and dropped block by block."""
    size = max(1, min(n_rows, BLOCK_BYTES // (4 * max(1, n_columns))))
    room = np.zeros((size, n_columns), dtype=np.float32)
    for first in range(0, n_rows, size):
        yield first, room[: min(size, n_rows - first)]


def largest(dense: Float32, k: int) -> tuple[Int64, Int32, Float32]:
    """The k largest weights, in size, of every row, as CSR."""
    k = min(k, dense.shape[1])
    # a Python loop over items: one partition each, and no second array of this size
    kept = [np.sort(np.argpartition(-np.abs(row), k - 1)[:k]) for row in dense]
    items = np.concatenate(kept).astype(np.int32)
    values = dense[np.repeat(np.arange(len(dense)), k), items]
    return k * np.arange(len(dense) + 1, dtype=np.int64), items, values


def of_history(
    history: csr_array, indptr: Int64, listed: Int32, weights: Float32, item: int, own: float
) -> list[Reason]:
    """What each item of a history of one row adds to the score of ``item``: its weight times their weight."""
    reasons = []
    for held, weight in zip(history.indices, history.data, strict=True):  # one user's, once
        low, high = indptr[held], indptr[held + 1]
        place = low + int(np.searchsorted(listed[low:high], item))
        value = float(weights[place]) if place < high and listed[place] == item else 0.0
        value += own * (held == item)
        reasons.append(Reason("item", int(held), float(weight) * value))
    return reasons
