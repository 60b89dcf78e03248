"""hybrid: the contract, similarities worked out plainly, and its two ends."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from recx.data import Catalog
from recx.errors import UsageError
from recx.models.base import RunOptions
from recx.models.content.config import HybridConfig
from recx.models.content.hybrid import Hybrid, _shares_of_alike
from recx.models.content.terms import terms_of
from recx.models.neighbour.config import ItemKNNConfig
from recx.models.neighbour.item_knn import ItemKNN
from tests.models.abilities import ExplainsItself, ReadsHistories
from tests.models.contract import LearnsAttributes, LearnsTaste
from tests.models.planted import Planted, attributes, clusters, described

RUN = RunOptions(seed=1)


class TestHybrid(ReadsHistories, ExplainsItself, LearnsAttributes):
    config = HybridConfig()


class TestHybridWithItsOwn(ExplainsItself, LearnsAttributes):
    config = HybridConfig(own=0.5, decay=0.9, values="log", user_power=0.4, item_power=0.4, neighbours=30)


class TestHybridOfTheLog(LearnsTaste):
    """A catalogue that says little does not spoil what the log says."""

    config = HybridConfig(content=0.1)

    @classmethod
    def told(cls, log: Planted) -> Planted:
        return described(log)


@pytest.mark.parametrize("alike", [0, 1, 3, 1000])
@pytest.mark.parametrize("neighbours", [60, 7])
def test_similarities_are_those_of_the_stacked_matrix_and_of_the_items_alike(
    alike: int, neighbours: int
) -> None:
    log = attributes()
    config = HybridConfig(
        content=3.0, neighbours=neighbours, user_power=0.5, history_power=0.7, item_power=0.3, alike=alike
    )
    model = Hybrid(config).fit(log.data, RUN)
    n = log.log.n_items
    users = log.log.matrix("binary").toarray().astype(np.float64)
    terms = terms_of(log.data.catalog, n, config)[0].toarray().astype(np.float64)
    degree = np.maximum(users.sum(axis=1), 1) ** -0.5
    norm = users.sum(axis=0) + 3.0 * (terms.any(axis=1))
    expected = users.T @ (degree[:, None] * users) + 3.0 * terms @ terms.T
    expected /= np.outer(norm**0.7, norm**0.3)
    np.fill_diagonal(expected, 0)
    expected = largest(expected, neighbours)
    cold = log.log.item_counts == 0
    lent = np.zeros_like(expected)
    for item in np.flatnonzero(cold):
        cosines = np.where(cold, 0, terms @ terms[item])
        # equally alike: the one with more events, then the first
        nearest = np.lexsort((np.arange(n), -log.log.item_counts, -cosines.round(6)))[:alike]
        for i in range(n):
            shares = np.where(nearest == i, 0, cosines[nearest])
            lent[i, item] = expected[i, nearest] @ shares / shares.sum() if shares.sum() > 0 else 0
    expected = np.maximum(expected, largest(lent, neighbours))
    assert alike == 0 or lent.any()
    assert_allclose(model.score(log.batch), users @ expected, rtol=1e-3, atol=1e-4)
    assert np.diff(model.indptr).max() <= 2 * neighbours


def largest(matrix: np.ndarray, k: int) -> np.ndarray:
    """The k largest entries of every row, of equal ones the first."""
    kept = np.argsort(-matrix, axis=1, kind="stable")[:, :k]
    found = np.zeros_like(matrix)
    np.put_along_axis(found, kept, np.take_along_axis(matrix, kept, 1), 1)
    return found


def test_items_that_say_nothing_of_each_other_leave_item_knn() -> None:
    log = clusters()
    words = np.array([f"word{item}" for item in range(log.log.n_items)], dtype=object)
    log = replace(log, data=replace(log.data, catalog=Catalog({"title": words})))
    plain = ItemKNN(ItemKNNConfig(neighbours=20)).fit(log.data, RUN)
    hybrid = Hybrid(HybridConfig(neighbours=20, item_power=0.5)).fit(log.data, RUN)
    assert_allclose(hybrid.score(log.batch), plain.score(log.batch), rtol=1e-4, atol=1e-5)


def test_a_bestseller_is_known_by_its_buyers_and_a_new_item_by_its_words() -> None:
    log = attributes()
    heavy = Hybrid(HybridConfig(content=50.0)).fit(log.data, RUN).score(log.batch)
    light = Hybrid(HybridConfig(content=0.5)).fit(log.data, RUN).score(log.batch)
    cold = log.log.item_counts == 0
    share = [scores[:, cold].sum() / scores.sum() for scores in (light, heavy)]
    assert 0 < share[0] < share[1]


def test_an_item_without_an_event_is_taken_for_what_it_is_like_where_people_buy_again() -> None:
    """Among items that all have buyers its description alone has no chance; its look-alikes' buyers have."""
    log = attributes()
    cold = log.log.item_counts == 0

    def shown(alike: int) -> float:
        scores = Hybrid(HybridConfig(content=1.0, alike=alike)).fit(log.data, RUN).score(log.batch)
        return float(cold[np.argsort(-scores, axis=1)[:, :10]].mean())

    assert shown(8) > 2 * shown(0)


def test_vectors_that_point_away_are_not_alike() -> None:
    log = clusters()
    n = log.log.n_items
    described = csr_array(np.array([[1.0, 0.0]] * (n - 2) + [[-1.0, 0.0], [0.0, 1.0]], dtype=np.float32))
    counts = np.where(np.arange(n) >= n - 2, 0, 3)
    assert _shares_of_alike(described, counts, 5).nnz == 0


def test_without_a_share_for_the_content_another_model_is_named() -> None:
    with pytest.raises(UsageError, match=r"content=0 .* model=item_knn"):
        Hybrid(HybridConfig(content=0.0)).fit(attributes().data, RUN)
