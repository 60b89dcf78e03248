"""ease: every item predicted from all others by ridge regression, in closed form."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.linalg import LinAlgError
from scipy.sparse import csr_array, vstack

from recx.arrays import Bool, Float32, Int32, Int64
from recx.data import Interactions, TrainingData, UserBatch
from recx.errors import DataError, UsageError, did_you_mean
from recx.kernels.gram import add_dense_rows, diagonal_of_form, gram
from recx.kernels.neighbours import add_rows
from recx.models.base import Reason, Recommender, RunOptions, Validation
from recx.models.checks import above, at_least
from recx.models.item_weights import largest, of_history
from recx.models.linear.config import EASEConfig
from recx.models.linear.inverse import invert
from recx.models.recency import check_weights, csr, weigh

DIAGONALS = ("zero", "free")
BLOCK = 512
"""Rows of B that are held at a time where only its largest weights are kept and users are few."""
MOST_CHANGED = 0.1
"""Users with new events per item up to which a correction takes less time than a refit."""


class EASE(Recommender[EASEConfig]):
    """Scores = h B, with B the minimiser of |X - X B|^2 + reg |B|^2, diagonal of B zero (Steck 2019).

    With P = (X^T X + reg I)^-1:  B = I - P diag(1 / diag P), or I - reg P where the diagonal is free. What
    differs: values may be logs, the history that is scored may be decayed, and where users are fewer than
    items B is not formed: with K = (X X^T + reg I)^-1, reg P = I - X^T K X (Woodbury), which takes users^2
    numbers instead of items^2 and gives the same scores; kept weights are taken from it block by block. With
    ``nonnegative`` what an item says against another is not heard: weights below 0 count as 0, the others
    stay as they are, and B is formed. (``slim`` finds the best weights that are not below 0 instead.)

    ``update`` corrects P by the rows of the users with new events, old and new (Woodbury again), which equals
    a refit but for float32's rounding; where they are many, or P was not kept whole, it is a refit.
    """

    explains = True
    updates = True
    weights: dict[str, npt.NDArray[Any]]
    """primal: weights (n_items, n_items) of B and diagonal (n_items,) of P. nonnegative: weights alone. dual:
    kernel (m, m), diagonal of reg P (n_items,), and X as indptr, items, values. sparse: B's largest weights
    as indptr, items, values."""
    fitted: dict[bytes, int] | None = None
    """dual: the row of X for every history in it, once they are looked up."""

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        self._check(data.interactions)
        self._refit(data.interactions)

    def _check(self, log: Interactions) -> None:
        config = self.config
        check_weights("ease", log, config.values, config.decay, config.half_life)
        if config.diagonal not in DIAGONALS:
            raise UsageError(
                f"ease: no diagonal called '{config.diagonal}'{did_you_mean(config.diagonal, DIAGONALS)}"
            )
        above(config, 0, "reg")
        at_least(config, 0, "neighbours")

    def _refit(self, log: Interactions) -> None:
        config, self.fitted = self.config, None
        active = log.histories().take(log.active_users)
        users = weigh(active, log.n_items, config.values)
        if users.shape[0] >= log.n_items:
            learnt = self._primal(_inverse(users.T.tocsr(), users, config.reg))
            if config.nonnegative:
                learnt = {"weights": np.maximum(learnt["weights"], 0, out=learnt["weights"])}
            if config.neighbours:
                learnt = _sparse([largest(learnt["weights"], config.neighbours)])
            self.weights = learnt
        elif config.neighbours:
            rows = self._rows_of_dual(users)
            self.weights = _sparse([largest(block, config.neighbours) for block in rows])
        elif config.nonnegative:
            weights = np.empty((log.n_items, log.n_items), dtype=np.float32)
            for at, block in enumerate(self._rows_of_dual(users)):
                weights[at * BLOCK : at * BLOCK + len(block)] = block
            self.weights = {"weights": weights}
        else:
            self.weights = self._dual(users)

    def _primal(self, inverse: Float32) -> dict[str, npt.NDArray[Any]]:
        """B, in the place of P, and what P is found back with."""
        diagonal = np.diag(inverse).copy()
        if self.config.diagonal == "free":
            inverse *= np.float32(-self.config.reg)
            inverse[np.diag_indices_from(inverse)] += 1
        else:
            inverse /= -diagonal
            np.fill_diagonal(inverse, 0)
        return {"weights": inverse, "diagonal": diagonal}

    def _update(self, data: TrainingData, new: Bool) -> None:
        log, config = data.interactions, self.config
        self._check(log)
        changed = np.unique(log.users[new])
        if not {"weights", "diagonal"} <= self.weights.keys() or len(changed) > MOST_CHANGED * log.n_items:
            self._refit(log)
            return
        users = weigh(log.histories().take(changed), log.n_items, config.values)
        known = weigh(log.take(~new).histories().take(changed), log.n_items, config.values)
        moved = vstack([users, known]).tocsr()
        signs = np.repeat([1.0, -1.0], len(changed))
        inverse = self._inverse_of(log.n_items)
        reached = np.asarray(moved @ inverse)
        core = np.diag(signs) + (moved @ reached.T).astype(np.float64)
        inverse -= reached.T @ np.linalg.solve(core, reached.astype(np.float64)).astype(np.float32)
        self.weights = self._primal(inverse)

    def _inverse_of(self, n_items: int) -> Float32:
        """P of what was learnt, items added since standing alone: (n_items, n_items)."""
        known, diagonal = self.weights["weights"], self.weights["diagonal"]
        n = len(known)
        inverse = np.zeros((n_items, n_items), dtype=np.float32)
        if self.config.diagonal == "free":
            inverse[:n, :n] = known / np.float32(-self.config.reg)
        else:
            np.multiply(known, -diagonal, out=inverse[:n, :n])
        at = np.arange(n_items)
        inverse[at, at] = np.append(diagonal, np.full(n_items - n, 1 / self.config.reg))
        return inverse

    def _dual(self, users: csr_array) -> dict[str, npt.NDArray[Any]]:
        items = users.T.tocsr()
        kernel = _inverse(users, items, self.config.reg)
        diagonal = 1 - diagonal_of_form(*csr(items), kernel)
        indptr, indices, values = csr(users)
        return {"kernel": kernel, "diagonal": diagonal, "indptr": indptr, "items": indices, "values": values}

    def _rows_of_dual(self, users: csr_array) -> Iterator[Float32]:
        """B by blocks of BLOCK rows, of which nothing is below 0 with ``nonnegative``: rows of X^T K X."""
        items = users.T.tocsr()
        kernel = _inverse(users, items, self.config.reg)
        diagonal = 1 - diagonal_of_form(*csr(items), kernel)  # of reg P
        n = users.shape[1]
        for start in range(0, n, BLOCK):
            rows = _times(add_dense_rows(*csr(items[start : start + BLOCK]), kernel), *csr(users), n)
            if self.config.diagonal == "zero":
                rows /= diagonal
                own = np.arange(len(rows))
                rows[own, start + own] = 0
            yield np.maximum(rows, 0, out=rows) if self.config.nonnegative else rows

    def score(self, batch: UserBatch) -> Float32:
        """H B, for the weighted histories h."""
        config, learnt = self.config, self.weights
        history = weigh(
            batch.histories, self.n_items, config.values, batch.at, config.decay, config.half_life
        )
        if "weights" in learnt:
            dense: Float32 = add_dense_rows(*csr(history), learnt["weights"])
            return dense
        rows = (learnt["indptr"], learnt["items"], learnt["values"])
        if "kernel" not in learnt:
            sparse: Float32 = add_rows(*csr(history), *rows, self.n_items)
            return sparse
        scores = _times(self._near(history), *rows, self.n_items)
        if config.diagonal == "zero":
            scores /= learnt["diagonal"]
            at = np.repeat(np.arange(len(batch)), np.diff(history.indptr)), history.indices
            scores[at] += history.data * (1 - 1 / learnt["diagonal"][history.indices])
        return scores

    def _near(self, history: csr_array) -> Float32:
        """H X^T K, how near each history is to those fitted: (n, m).

        It is a row of I - reg K, at hardly any cost, where the history is itself one that was fitted.
        """
        kernel, fitted = self.weights["kernel"], self._fitted_rows()
        row = np.array([fitted.get(key, -1) for key in _keys(*csr(history))], dtype=np.int64)
        known = row >= 0
        near = np.empty((len(row), len(kernel)), dtype=np.float32)
        near[known] = np.float32(-self.config.reg) * kernel[row[known]]
        near[known, row[known]] += 1
        if not known.all():
            near[~known] = self._times_kernel(history[~known])
        return near

    def _fitted_rows(self) -> dict[bytes, int]:
        if self.fitted is None:
            learnt = self.weights
            keys = _keys(learnt["indptr"], learnt["items"], learnt["values"])
            self.fitted = {key: row for row, key in enumerate(keys)}
        return self.fitted

    def _times_kernel(self, history: csr_array) -> Float32:
        learnt = self.weights
        m = len(learnt["kernel"])
        users = csr_array((learnt["values"], learnt["items"], learnt["indptr"]), shape=(m, self.n_items))
        product: Float32 = add_rows(*csr(history), *csr(users.T.tocsr()), m) @ learnt["kernel"]
        return product

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        config, learnt = self.config, self.weights
        history = weigh(one.histories, self.n_items, config.values, one.at, config.decay, config.half_life)
        if "weights" in learnt:
            weights = learnt["weights"][history.indices, item]
        elif "kernel" not in learnt:
            return of_history(history, learnt["indptr"], learnt["items"], learnt["values"], item, 0.0)
        else:
            rows = (learnt["values"], learnt["items"], learnt["indptr"])
            users = csr_array(rows, shape=(len(learnt["kernel"]), self.n_items))
            near = learnt["kernel"] @ users[:, [item]].toarray()[:, 0]
            weights = (users.T @ near)[history.indices]
            if config.diagonal == "zero":
                own = history.indices == item
                weights = weights / learnt["diagonal"][item] + own * (1 - 1 / learnt["diagonal"][item])
        parts = history.data * weights
        return [
            Reason("item", int(met), float(part)) for met, part in zip(history.indices, parts, strict=True)
        ]

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return dict(self.weights)

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.weights, self.fitted = dict(arrays), None


def _keys(indptr: Int64, indices: Int32, data: Float32) -> Iterator[bytes]:
    """What tells each row of a CSR matrix from any other."""
    for low, high in pairwise(indptr):
        yield indices[low:high].tobytes() + data[low:high].tobytes()


def _sparse(blocks: list[tuple[Int64, Int32, Float32]]) -> dict[str, npt.NDArray[Any]]:
    """CSR of rows that keep equally many weights each, from that of blocks of them."""
    bounds, items, values = zip(*blocks, strict=True)
    each = int(bounds[0][1])
    indptr = each * np.arange(1 + sum(len(part) - 1 for part in bounds), dtype=np.int64)
    return {"indptr": indptr, "items": np.concatenate(items), "values": np.concatenate(values)}


def _times(dense: Float32, indptr: Int64, indices: Int32, data: Float32, n_columns: int) -> Float32:
    """A dense matrix times a CSR matrix: (len(dense), n_columns)."""
    n, m = dense.shape
    every = np.tile(np.arange(m, dtype=np.int32), n)
    found: Float32 = add_rows(
        m * np.arange(n + 1, dtype=np.int64), every, dense.ravel(), indptr, indices, data, n_columns
    )
    return found


def _inverse(rows: csr_array, columns: csr_array, reg: float) -> Float32:
    """(A A^T + reg I)^-1 for A by rows and by columns: (n, n), in float32; ranking does not see its error."""
    n = rows.shape[0]
    square = np.zeros((n, n), dtype=np.float32)
    gram(*csr(rows), *csr(columns), square)
    square[np.diag_indices(n)] += np.float32(reg)
    try:
        invert(square)
    except LinAlgError:
        raise DataError(f"ease: the Gram matrix cannot be inverted at reg={reg}; raise model.reg") from None
    return square
