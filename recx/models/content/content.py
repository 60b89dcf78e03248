"""content: items whose description is like that of the history."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from recx.arrays import Bool, Float32
from recx.data import Pairs, TrainingData, UserBatch
from recx.kernels.neighbours import add_pairs, add_rows
from recx.models.base import Reason, Recommender, RunOptions, Validation
from recx.models.content.config import ContentConfig
from recx.models.content.description import Description
from recx.models.recency import check_weights, csr, weigh

VECTORS = "vectors"
"""What the part of the vectors is called in an explanation."""


class Content(Recommender[ContentConfig]):
    """Score of item j = cosine of the user's profile and d_j, profile = sum over the history of weight_i d_i.

    d is the item's TF-IDF over words, categories and bands of numbers, with vectors of images, texts or sound
    beside it where a file has them (Pazzani & Billsus 2007; the profile is Rocchio's without dislikes). The
    log teaches nothing but who took what, so an item without a single interaction is scored like any other,
    and an update reads the catalogue again, with all document frequencies, as a refit does. The weight of a
    history item is its value times decay ^ position times 2 ^ (-age / half_life).
    """

    explains = True
    updates = True
    description: Description

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config = self.config
        check_weights("content", data.interactions, config.values, config.decay, config.half_life)
        self._describe(Description.of(data, config))

    def _update(self, data: TrainingData, new: Bool) -> None:
        self._describe(Description.of(data, self.config))

    def _describe(self, description: Description) -> None:
        self.description = description
        self.by_term = description.terms.T.tocsr()

    def _history(self, batch: UserBatch) -> csr_array:
        config, n = self.config, self.description.terms.shape[0]
        return weigh(batch.histories, n, config.values, batch.at, config.decay, config.half_life)

    def _profiles(self, batch: UserBatch) -> tuple[csr_array, Float32]:
        """Terms (n, n_terms) and vectors (n, d) of every user, together of length 1 or 0."""
        history, description = self._history(batch), self.description
        terms = csr_array(history @ description.terms)
        terms.sort_indices()
        vectors = np.asarray(history @ description.vectors, dtype=np.float32)
        squares = np.asarray(terms.multiply(terms).sum(axis=1)) + np.sum(vectors**2, axis=1)
        scale = (1 / np.sqrt(np.where(squares > 0, squares, 1))).astype(np.float32)
        terms.data *= np.repeat(scale, np.diff(terms.indptr))
        return terms, vectors * scale[:, None]

    def knows(self, batch: UserBatch) -> Bool:
        """Users with a described item in their history."""
        return np.asarray(self._history(batch) @ self.description.known > 0)

    def score(self, batch: UserBatch) -> Float32:
        """Cosines."""
        terms, vectors = self._profiles(batch)
        scores: Float32 = add_rows(*csr(terms), *csr(self.by_term), self.by_term.shape[1])
        if vectors.shape[1]:
            scores += vectors @ self.description.vectors.T
        return scores

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The same for some items only; items have fewer terms than profiles, so theirs are looked up."""
        terms, vectors = self._profiles(batch)
        users = terms.T.tocsr()
        scores: Float32 = add_pairs(*csr(self.description.terms), *csr(users), pairs.item, pairs.row)
        if vectors.shape[1]:
            scores += np.einsum("ij,ij->i", vectors[pairs.row], self.description.vectors[pairs.item])
        return scores

    def _explain(self, one: UserBatch, item: int) -> list[Reason]:
        """The terms that profile and item share, and the vectors as one."""
        terms, vectors = self._profiles(one)
        profile = terms.toarray()[0]
        row = self.description.terms[[item]]
        reasons = [
            Reason("term", self.description.names[term], float(profile[term] * weight))
            for term, weight in zip(row.indices, row.data, strict=True)
        ]
        if vectors.shape[1]:
            reasons.append(Reason("term", VECTORS, float(vectors[0] @ self.description.vectors[item])))
        return reasons

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return self.description.arrays()

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self._describe(Description.restored(arrays))
