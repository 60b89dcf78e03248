"""hybrid: items bought together with those of the history, or described like them."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from recx.data import TrainingData
from recx.errors import UsageError
from recx.kernels.nearest import pack, similar
from recx.models.base import RunOptions, Validation
from recx.models.content.config import HybridConfig
from recx.models.content.description import Description
from recx.models.item_weights import ItemWeights
from recx.models.recency import check_weights, csr, weigh


class Hybrid(ItemWeights[HybridConfig]):
    """Score of item j = sum over the items i of the history of weight_i x similarity(i, j).

    item_knn on items that are described by their users and by their content, stacked: with x the users of an
    item, d its description (length 1, see content) and w = ``content``, the similarity is
    (sum_u degree_u^-a x_ui x_uj + w d_i d_j) / ((|x_i|^2 + w)^h (|x_j|^2 + w)^b), at a = 0 and h = b = .5 the
    cosine of [x ; sqrt(w) d]. A description counts like w users: it decides about an item without any, and a
    bestseller is known by its buyers. (Feature augmentation in the words of Burke 2002; weighting the parts
    by evidence, not by a fixed share, is what lets one number serve cold and warm items.) Only the
    ``neighbours`` most similar items of every i are kept.
    """

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        check_weights("hybrid", log, config.values, config.decay, config.half_life)
        if config.content <= 0 or config.neighbours < 1:
            raise UsageError(
                f"hybrid: content={config.content:g} and neighbours={config.neighbours} must be above 0; "
                "for the log alone: model=item_knn"
            )
        description = Description.of(data, config)
        users = weigh(log.histories(), log.n_items, config.values)
        described = description.stacked() * np.float32(np.sqrt(config.content))
        squares = np.bincount(users.indices, users.data.astype(np.float64) ** 2, minlength=log.n_items)
        squares = squares + config.content * description.known
        degree = np.maximum(np.diff(users.indptr), 1).astype(np.float64) ** -config.user_power
        left = csr_array(vstack([_scale_rows(users, degree), described.T]).T, dtype=np.float32)
        right = csr_array(vstack([users, described.T]), dtype=np.float32)
        none = np.zeros(log.n_items, dtype=np.float32)
        nearest, values = similar(
            *csr(left), *csr(right),
            (squares**config.history_power).astype(np.float32),
            (squares**config.item_power).astype(np.float32),
            none, none, False, 0.0,
            np.arange(log.n_items, dtype=np.int32), min(config.neighbours, log.n_items),
        )  # fmt: skip
        self.indptr, self.items, self.values = pack(nearest, values)


def _scale_rows(matrix: csr_array, factors: npt.NDArray[np.float64]) -> csr_array:
    data = (matrix.data * np.repeat(factors, np.diff(matrix.indptr))).astype(np.float32)
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
