"""lsa: latent semantic analysis, the weighted matrix of users and items reduced to its main directions."""

import numpy as np
import numpy.typing as npt
from scipy.linalg import svd
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import svds

from recx.arrays import Float32, Float64
from recx.data import Pairs, TrainingData, UserBatch
from recx.models.base import Reason, Recommender, RunOptions, Validation, dense
from recx.models.checks import at_least
from recx.models.factor.config import LSAConfig
from recx.models.recency import check_weights, weigh

SMALL = 600
"""Up to this many users or items the decomposition is a dense one."""


class LSA(Recommender[LSAConfig]):
    """Score = h A B^T for a weighted history h: PureSVD (Cremonesi, Koren & Turrin 2010), matrix scaled.

    With d_u and d_i the degrees of users and items (pairs, not events) and V the first right singular vectors
    of  D_u^-user_power X D_i^-item_power:  A = D_i^-item_power V,  B = D_i^score_power V. Without powers that
    is PureSVD; column scaling is EigenRec's (Nikolakopoulos et al. 2019). What differs: the history that is
    scored may be decayed, and a user is read from it alone, known or not. A score is linear in the history,
    so that its explanation by the items of the history is exact.
    """

    explains = True
    readers: Float32  # (n_items, factors) A, what an item in the history says of its user
    items: Float32  # (n_items, factors) B

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        check_weights("lsa", log, config.values, config.decay, config.half_life)
        at_least(config, 1, "factors")
        histories = log.histories().take(log.active_users)
        matrix = weigh(histories, log.n_items, config.values)
        users = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64)
        items = np.maximum(np.bincount(matrix.indices, minlength=log.n_items), 1).astype(np.float64)
        down = items**-config.item_power
        scaled = diags_array(users**-config.user_power) @ matrix @ diags_array(down)
        directions = _directions(csr_array(scaled), config.factors, run.seed)
        self.readers = dense(directions * down[:, None])
        self.items = dense(directions * (items**config.score_power)[:, None])

    def _weighted(self, batch: UserBatch) -> csr_array:
        config = self.config
        return weigh(batch.histories, self.n_items, config.values, batch.at, config.decay, config.half_life)

    def vectors(self, batch: UserBatch) -> tuple[Float32, Float32]:
        """What the histories say in each direction, and what the items do."""
        return dense(self._weighted(batch) @ self.readers), self.items

    def score(self, batch: UserBatch) -> Float32:
        """What the histories say in each direction, times what the items do."""
        return dense((self._weighted(batch) @ self.readers) @ self.items.T)

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The same of pairs."""
        users = self._weighted(batch) @ self.readers
        return dense(np.einsum("pf,pf->p", users[pairs.row], self.items[pairs.item]))

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        history = self._weighted(one)
        parts = history.data * (self.readers[history.indices] @ self.items[item])
        return [
            Reason("item", int(met), float(part)) for met, part in zip(history.indices, parts, strict=True)
        ]

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"readers": self.readers, "items": self.items}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.readers = arrays["readers"].astype(np.float32, copy=False)
        self.items = arrays["items"].astype(np.float32, copy=False)


def _directions(matrix: csr_array, factors: int, seed: int) -> Float64:
    """The right singular vectors of the largest singular values, largest first: (n_items, <= factors).

    The largest entry of each is positive: its sign is free, and arrays of the same fit shall be equal.
    """
    small = min(matrix.shape)
    if small <= max(SMALL, 2 * factors):
        vectors = svd(matrix.toarray().astype(np.float64), full_matrices=False)[2][: min(factors, small)]
    else:
        start = np.random.default_rng(seed).standard_normal(small)
        _, values, vectors = svds(matrix.astype(np.float64), k=factors, v0=start)
        vectors = vectors[np.argsort(-values, kind="stable")]
    largest = np.argmax(np.abs(vectors), axis=1)
    signs = np.where(vectors[np.arange(len(vectors)), largest] < 0, -1.0, 1.0)
    return np.asarray((signs[:, None] * vectors).T, dtype=np.float64)
