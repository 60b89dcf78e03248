"""slim: every item predicted from few others by an elastic net."""

import numpy as np
from scipy.sparse import csr_array

from recx.arrays import Int32
from recx.data import TrainingData
from recx.errors import UsageError
from recx.kernels.elastic_net import nets_on_gram, nets_on_rows
from recx.kernels.gram import gram, mirror
from recx.kernels.nearest import similar
from recx.models.base import RunOptions, Validation
from recx.models.item_weights import ItemWeights, row_blocks
from recx.models.linear.config import SLIMConfig
from recx.models.recency import both_ways, check_weights, csr

GRAM_BYTES = 1 << 30
"""The Gram matrix of the items is held where it takes no more than this: 16,384 items."""


class SLIM(ItemWeights[SLIMConfig]):
    """Scores = h W; column j of W minimises .5 |x_j - X w|^2 + l1 |w|_1 + .5 l2 |w|^2, w_j = 0 (Ning &
    Karypis 2011), and w >= 0 where ``nonnegative``.

    By coordinate descent, until a sweep over all moves no weight by ``tolerance``. With few enough items the
    sweeps run on the Gram matrix, and only over coordinates that would leave 0; with more, on what X w leaves
    of x_j, over items met together with j. ``neighbours`` restricts w to the items most alike j by the cosine
    (fsSLIM of the paper). What differs: values may be logs, and the history that is scored may be decayed.
    """

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        check_weights("slim", log, config.values, config.decay, config.half_life)
        if config.l1 < 0 or config.l2 < 0 or config.l1 + config.l2 == 0:
            raise UsageError(f"slim: l1={config.l1} l2={config.l2}; neither below 0, and one above 0")
        if config.sweeps < 1 or config.tolerance <= 0 or config.neighbours < 0:
            raise UsageError(
                f"slim: sweeps={config.sweeps} tolerance={config.tolerance} neighbours={config.neighbours}; "
                "sweeps must be at least 1, tolerance above 0, neighbours 0 (all) or more"
            )
        users, items = both_ways(log, config.values)
        candidates = _alike(items, users, config.neighbours)
        l1, l2, signed, tolerance = config.l1, config.l2, not config.nonnegative, config.tolerance
        n = log.n_items
        dense = np.zeros((0, 0), dtype=np.float32)
        if 4 * n * n <= GRAM_BYTES:
            dense = np.zeros((n, n), dtype=np.float32)
            gram(*csr(items), *csr(users), dense)
            mirror(dense)
        found = []
        for first, room in row_blocks(n, n):
            if len(dense):
                nets_on_gram(dense, candidates, first, room, l1, l2, signed, config.sweeps, tolerance)
            else:
                nets_on_rows(
                    *csr(users),
                    *csr(items),
                    candidates,
                    first,
                    room,
                    l1,
                    l2,
                    signed,
                    config.sweeps,
                    tolerance,
                )
            found.append(csr_array(room))
        lengths = np.concatenate([np.diff(block.indptr) for block in found])
        by_target = csr_array(
            (
                np.concatenate([block.data for block in found]),
                np.concatenate([block.indices for block in found]),
                np.append(0, np.cumsum(lengths)),
            ),
            shape=(n, n),
        )
        self.indptr, self.items, self.values = csr(by_target.T.tocsr())


def _alike(items: csr_array, users: csr_array, k: int) -> Int32:
    """The k items most alike each one by the cosine, padded with -1: (n_items, k)."""
    n = items.shape[0]
    if k == 0:
        return np.zeros((n, 0), dtype=np.int32)
    norms = np.sqrt(np.bincount(users.indices, users.data.astype(np.float64) ** 2, minlength=n))
    norms = np.maximum(norms, 1e-9).astype(np.float32)
    nothing, everyone = np.zeros(n, dtype=np.float32), np.arange(n, dtype=np.int32)
    near: Int32 = similar(
        *csr(items), *csr(users), norms, norms, nothing, nothing, False, 0.0, everyone, min(k, n)
    )[0]
    return near
