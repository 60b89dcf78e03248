"""ease: every item predicted from all others by ridge regression, in closed form."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack
from scipy.sparse import csr_array

from recx.arrays import Float32
from recx.data import TrainingData, UserBatch
from recx.errors import DataError, UsageError, did_you_mean
from recx.kernels.gram import add_dense_rows, diagonal_of_form, gram, mirror
from recx.kernels.neighbours import add_rows
from recx.models.base import Recommender, RunOptions, Validation
from recx.models.linear.config import EASEConfig
from recx.models.recency import check_weights, csr, weigh

DIAGONALS = ("zero", "free")


class EASE(Recommender[EASEConfig]):
    """Scores = h B, with B the minimiser of |X - X B|^2 + reg |B|^2, diagonal of B zero (Steck 2019).

    With P = (X^T X + reg I)^-1:  B = I - P diag(1 / diag P), or I - reg P where the diagonal is free. What
    differs: values may be logs, the history that is scored may be decayed, and where users are fewer than
    items B is never formed: with K = (X X^T + reg I)^-1, reg P = I - X^T K X (Woodbury), which takes users^2
    numbers instead of items^2 and gives the same scores.
    """

    weights: dict[str, npt.NDArray[Any]]
    """primal: weights (n_items, n_items). dual: kernel (m, m), diagonal (n_items,) of reg P, and X as indptr,
    items, values. sparse: B's largest weights as indptr, items, values."""

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        check_weights("ease", log, config.values, config.decay, config.half_life)
        if config.diagonal not in DIAGONALS:
            raise UsageError(
                f"ease: no diagonal called '{config.diagonal}'{did_you_mean(config.diagonal, DIAGONALS)}"
            )
        if config.reg <= 0:
            raise UsageError(f"ease: reg is {config.reg}, it must be above 0")
        active = log.histories().take(log.active_users)
        users = weigh(active, log.n_items, config.values)
        if config.neighbours == 0 and users.shape[0] < log.n_items:
            self.weights = self._dual(users)
        else:
            dense = self._primal(users)
            self.weights = _largest(dense, config.neighbours) if config.neighbours else {"weights": dense}

    def _primal(self, users: csr_array) -> Float32:
        inverse = _inverse(users.T.tocsr(), users, self.config.reg)
        if self.config.diagonal == "free":
            inverse *= np.float32(-self.config.reg)
            inverse[np.diag_indices_from(inverse)] += 1
        else:
            inverse /= -np.diag(inverse).copy()
            np.fill_diagonal(inverse, 0)
        return inverse

    def _dual(self, users: csr_array) -> dict[str, npt.NDArray[Any]]:
        items = users.T.tocsr()
        kernel = _inverse(users, items, self.config.reg)
        diagonal = 1 - diagonal_of_form(*csr(items), kernel)
        indptr, indices, values = csr(users)
        return {"kernel": kernel, "diagonal": diagonal, "indptr": indptr, "items": indices, "values": values}

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
        n, m = len(batch), len(learnt["kernel"])
        items = csr_array((rows[2], rows[1], rows[0]), shape=(m, self.n_items)).T.tocsr()
        coefficients = add_rows(*csr(history), *csr(items), m) @ learnt["kernel"]
        everyone = np.tile(np.arange(m, dtype=np.int32), n)
        scores: Float32 = add_rows(
            m * np.arange(n + 1, dtype=np.int64), everyone, coefficients.ravel(), *rows, self.n_items
        )
        if config.diagonal == "zero":
            scores /= learnt["diagonal"]
            at = np.repeat(np.arange(n), np.diff(history.indptr)), history.indices
            scores[at] += history.data * (1 - 1 / learnt["diagonal"][history.indices])
        return scores

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return dict(self.weights)

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.weights = dict(arrays)


def _inverse(rows: csr_array, columns: csr_array, reg: float) -> Float32:
    """(A A^T + reg I)^-1 by Cholesky, for A by rows and by columns: (n, n), in one n x n array.

    float32: its error stays some 1e-7 x the condition number, and ranking does not see it.
    """
    n = rows.shape[0]
    square = np.zeros((n, n), dtype=np.float32)
    gram(*csr(rows), *csr(columns), square)
    square[np.diag_indices(n)] += np.float32(reg)
    # LAPACK counts columns first: the half below the diagonal here is the one above it there
    factor, failed = lapack.spotrf(square.T, lower=0, overwrite_a=1, clean=0)
    if failed == 0:
        factor, failed = lapack.spotri(factor, lower=0, overwrite_c=1)
    if failed:
        raise DataError(f"ease: the Gram matrix cannot be inverted at reg={reg}; raise model.reg")
    inverse: Float32 = np.ascontiguousarray(factor.T)
    mirror(inverse)
    return inverse


def _largest(dense: Float32, k: int) -> dict[str, npt.NDArray[Any]]:
    """The k largest weights, in size, of every row, as CSR; rows are items of the history."""
    k = min(k, len(dense))
    # a Python loop over items: one partition each, and no second array of items x items
    kept = [np.sort(np.argpartition(-np.abs(row), k - 1)[:k]) for row in dense]
    items = np.concatenate(kept).astype(np.int32)
    values = dense[np.repeat(np.arange(len(dense)), k), items]
    return {"indptr": k * np.arange(len(dense) + 1, dtype=np.int64), "items": items, "values": values}
