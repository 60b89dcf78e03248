"""gfcf: graph filters of the history, nothing is trained."""

import numpy as np
import numpy.typing as npt
from scipy.linalg import svd
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import svds

from recx.arrays import Float32, Float64, Int32, Int64
from recx.data import TrainingData, UserBatch
from recx.errors import UsageError, did_you_mean
from recx.kernels.nearest import pack, similar
from recx.kernels.neighbours import add_rows
from recx.models.base import Reason, Recommender, RunOptions, Validation, dense
from recx.models.item_weights import largest, row_blocks
from recx.models.linear.config import GFCFConfig
from recx.models.recency import check_weights, csr, weigh

FILTERS = ("lowpass", "turbo")
POLYNOMIALS = {1: (1.0,), 2: (2.0, -1.0), 3: (1 - 0.29, 0.1, -0.01)}
"""Order -> coefficients of P, P^2 and P^3 in Turbo-CF."""
SMALL = 600
"""Up to this many users or items the decomposition is a dense one."""


class GFCF(Recommender[GFCFConfig]):
    """Scores = h (R^T R + alpha D_i^-1/2 V V^T D_i^1/2), R = D_u^-1/2 X D_i^-1/2, V its ``factors`` first
    right singular vectors: a linear and an ideal low-pass filter on the item graph (Shen et al. 2021).

    ``filter=turbo`` is Turbo-CF (Park et al. 2024): scores = h f(P), P = R^T R raised to ``power`` entry by
    entry, R = D_u^-side X D_i^(side - 1). f is a polynomial: P of order 1, 2 P - P^2 of order 2, and of order
    3 P + .01 (-P^3 + 10 P^2 - 29 P), which comes near the ideal low-pass filter.

    What differs: of P and of f(P) the ``neighbours`` largest entries of a row are kept; values may be logs
    and the history that is scored may be decayed. Scores are linear in the history, known user or not, so the
    parts of its items explain them exactly. R^T R is never formed for lowpass: a history goes to the users
    that share it and back.
    """

    explains = True
    learnt: dict[str, npt.NDArray[np.generic]]
    """lowpass: R as indptr, items, values, and readers and writers (n_items, factors); turbo: P as indptr,
    items, values."""
    by_item: csr_array
    """R by item, which a block of users would otherwise wait for; lowpass alone."""

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        check_weights("gfcf", log, config.values, config.decay, config.half_life)
        if config.filter not in FILTERS:
            raise UsageError(
                f"gfcf: no filter called '{config.filter}'{did_you_mean(config.filter, FILTERS)}"
            )
        if min(config.factors, config.neighbours) < 1 or config.alpha < 0 or config.power <= 0:
            raise UsageError(
                f"gfcf: factors={config.factors} neighbours={config.neighbours} alpha={config.alpha} "
                f"power={config.power}; factors and neighbours must be at least 1, alpha 0 or more, power "
                "above 0"
            )
        if not 0 <= config.side <= 1:
            raise UsageError(f"gfcf: side is {config.side:g}, it must lie between 0 and 1")
        if config.order not in POLYNOMIALS:
            raise UsageError(f"gfcf: order is {config.order}, it must be 1, 2 or 3")
        users = weigh(log.histories().take(log.active_users), log.n_items, config.values)
        of_users = np.maximum(users.sum(axis=1), 1e-9).astype(np.float64)
        of_items = np.bincount(users.indices, users.data, minlength=log.n_items).astype(np.float64)
        self.restore(
            self._lowpass(users, of_users, of_items, run.seed)
            if config.filter == "lowpass"
            else self._turbo(users, of_users, of_items)
        )

    def _lowpass(
        self, users: csr_array, of_users: Float64, of_items: Float64, seed: int
    ) -> dict[str, npt.NDArray[np.generic]]:
        down = np.zeros_like(of_items)
        np.divide(1, np.sqrt(of_items), out=down, where=of_items > 0)
        shares = csr_array(diags_array(of_users**-0.5) @ users @ diags_array(down))
        directions = _directions(shares, self.config.factors, seed)
        indptr, items, values = csr(shares)
        return {
            "indptr": indptr,
            "items": items,
            "values": values,
            "readers": dense(directions * down[:, None]),
            "writers": dense(directions * np.sqrt(of_items)[:, None]),
        }

    def _turbo(
        self, users: csr_array, of_users: Float64, of_items: Float64
    ) -> dict[str, npt.NDArray[np.generic]]:
        config, n = self.config, len(of_items)
        norms = np.maximum(of_items, 1e-9) ** (1 - config.side)
        items = csr_array(users.T @ diags_array(of_users ** (-2 * config.side)))
        nothing = np.zeros(n, dtype=np.float32)
        nearest, values = similar(
            *csr(items), *csr(users), norms.astype(np.float32), norms.astype(np.float32), nothing, nothing,
            False, 0.0, np.full(n, -1, dtype=np.int32), min(config.neighbours, n),
        )  # fmt: skip
        indptr, kept, packed = pack(nearest, values)
        graph = indptr, kept, (packed**config.power).astype(np.float32)
        if config.order > 1:
            graph = _polynomial(*graph, POLYNOMIALS[config.order], config.neighbours)
        return dict(zip(("indptr", "items", "values"), graph, strict=True))

    def _history(self, batch: UserBatch) -> csr_array:
        config = self.config
        return weigh(batch.histories, self.n_items, config.values, batch.at, config.decay, config.half_life)

    def _rows(self) -> tuple[Int64, Int32, Float32]:
        """R or P as it lies in memory: scipy copies it, for its own type of index, whenever it is asked."""
        return (
            self.learnt["indptr"].astype(np.int64, copy=False),
            self.learnt["items"].astype(np.int32, copy=False),
            self.learnt["values"].astype(np.float32, copy=False),
        )

    def _matrix(self) -> csr_array:
        learnt = self.learnt
        parts = (learnt["values"], learnt["items"], learnt["indptr"])
        return csr_array(parts, shape=(len(learnt["indptr"]) - 1, self.n_items))

    def score(self, batch: UserBatch) -> Float32:
        """The filtered histories."""
        history, learnt = self._history(batch), self.learnt
        if self.config.filter == "turbo":
            turbo: Float32 = add_rows(*csr(history), *self._rows(), self.n_items)
            return turbo
        shared = csr_array(history @ self.by_item)
        scores: Float32 = add_rows(*csr(shared), *self._rows(), self.n_items)
        scores += np.float32(self.config.alpha) * ((history @ learnt["readers"]) @ learnt["writers"].T)
        return scores

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        history, learnt = self._history(one), self.learnt
        matrix = self._matrix()
        column = matrix[:, [item]]
        if self.config.filter == "turbo":
            weights = column.toarray()[history.indices, 0]
        else:
            weights = (matrix.T @ column).toarray()[history.indices, 0]
            low = learnt["readers"][history.indices] @ learnt["writers"][item]
            weights = weights + self.config.alpha * low
        parts = history.data * weights
        return [
            Reason("item", int(met), float(part)) for met, part in zip(history.indices, parts, strict=True)
        ]

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return dict(self.learnt)

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.learnt = dict(arrays)
        if self.config.filter == "lowpass":
            self.by_item = csr_array(self._matrix().T)


def _polynomial(
    indptr: Int64, items: Int32, values: Float32, coefficients: tuple[float, ...], k: int
) -> tuple[Int64, Int32, Float32]:
    """The k largest entries of every row of sum_t c_t P^t, t from 1, for P as CSR and as CSR."""
    n, blocks = len(indptr) - 1, []
    graph = csr_array((values, items, indptr), shape=(n, n))
    for first, room in row_blocks(n, n):
        rows = graph[first : first + len(room)]
        reached = rows.toarray()
        room[:] = np.float32(coefficients[0]) * reached
        for coefficient in coefficients[1:]:
            reached = add_rows(*csr(rows), indptr, items, values, n)
            room += np.float32(coefficient) * reached
            rows = csr_array(reached)
        blocks.append(largest(room, k))
    indptrs, kept, found = zip(*blocks, strict=True)
    lengths = np.concatenate([np.diff(block) for block in indptrs])
    return np.append(0, np.cumsum(lengths)), np.concatenate(kept), np.concatenate(found)


def _directions(matrix: csr_array, factors: int, seed: int) -> Float64:
    """Right singular vectors of the largest singular values: (n_items, <= factors)."""
    small = min(matrix.shape)
    if small <= max(SMALL, 2 * factors):
        vectors = svd(matrix.toarray().astype(np.float64), full_matrices=False)[2][: min(factors, small)]
    else:
        start = np.random.default_rng(seed).standard_normal(small)
        vectors = svds(matrix.astype(np.float64), k=factors, v0=start)[2]
    return np.asarray(vectors.T, dtype=np.float64)
