import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.data import Histories, Pairs, UserBatch
from recx.errors import UsageError
from recx.models.neighbour.alike import changed
from recx.models.neighbour.config import ItemKNNConfig
from recx.models.neighbour.item_knn import ItemKNN
from tests.models.abilities import ExplainsItself, LearnsNewEvents, ReadsHistories
from tests.models.contract import RUN, LearnsTaste, ModelContract, PredictsRatings
from tests.models.planted import Planted, log_of, planted, ratings


class TestCosine(ReadsHistories, ExplainsItself, LearnsNewEvents, LearnsTaste):
    config = ItemKNNConfig()


class TestTuned(ReadsHistories, ExplainsItself, LearnsNewEvents, LearnsTaste):
    config = ItemKNNConfig(
        weighting="bm25", values="log", neighbours=30, shrink=1.0, user_power=0.5, item_power=0.3, own=0.5
    )


class TestJaccard(LearnsNewEvents, LearnsTaste):
    config = ItemKNNConfig(similarity="jaccard")


class TestAdjusted(LearnsNewEvents, ModelContract):
    config = ItemKNNConfig(similarity="adjusted", shrink=5.0)


class TestPowers(LearnsNewEvents, LearnsTaste):
    config = ItemKNNConfig(values="sum", user_power=0.5, shrink=1.0, decay=0.8)


class TestBaseline(LearnsNewEvents, PredictsRatings):
    config = ItemKNNConfig(similarity="baseline", shrink=1.0, rated=10)


class TestPearsonOfRatings(LearnsNewEvents, PredictsRatings):
    config = ItemKNNConfig(similarity="pearson", rated=10)


class TestAdjustedRatings(LearnsNewEvents, PredictsRatings):
    config = ItemKNNConfig(similarity="adjusted", rated=10)


def small() -> Planted:
    """Users {0, 1}, {0, 1, 2}, {1, 2}: degrees 2, 3, 2 of users and 2, 3, 2 of items."""
    rows = [(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 1.0), (1, 2, 1.0), (2, 1, 1.0), (2, 2, 1.0)]
    return planted(log_of(rows, 3, 3), [2, 0, 0])


def asked(config: ItemKNNConfig, items: list[int]) -> np.ndarray:
    model = ItemKNN(config).fit(small().data, RUN)
    history = Histories(
        np.array([0, len(items)]), np.array(items, dtype=np.int32), np.ones(len(items), dtype=np.float32)
    )
    return model.score(UserBatch(np.array([-1], dtype=np.int32), history))[0]


def test_cosine_by_hand() -> None:
    assert_allclose(asked(ItemKNNConfig(), [0]), [0, 2 / np.sqrt(2 * 3), 1 / np.sqrt(2 * 2)], rtol=1e-6)


def test_powers_of_degrees_by_hand() -> None:
    config = ItemKNNConfig(user_power=1, history_power=0.5, item_power=0.25)
    expected = [0, (1 / 2 + 1 / 3) / (2**0.5 * 3**0.25), 1 / 3 / (2**0.5 * 2**0.25)]
    assert_allclose(asked(config, [0]), expected, rtol=1e-6)


def test_jaccard_and_shrinkage_by_hand() -> None:
    assert_allclose(asked(ItemKNNConfig(similarity="jaccard"), [0]), [0, 2 / 3, 1 / 3], rtol=1e-6)
    assert_allclose(asked(ItemKNNConfig(shrink=1), [0])[1], 2 / (np.sqrt(6) + 1), rtol=1e-6)


def test_pearson_of_equal_values_is_the_correlation_over_all_users() -> None:
    columns = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]])
    rows = [(u, i, 1.0) for u in range(3) for i in range(3) if columns[u, i]] + [(3, 2, 1.0)]
    columns = np.vstack([columns, [0, 0, 1]])
    model = ItemKNN(ItemKNNConfig(similarity="pearson")).fit(planted(log_of(rows, 4, 3), [0] * 4).data, RUN)
    dense = np.zeros((3, 3))
    dense[np.repeat(np.arange(3), np.diff(model.indptr)), model.items] = model.values
    expected = np.maximum(np.corrcoef(columns.T), 0) * (1 - np.eye(3))
    assert_allclose(dense, expected, atol=1e-6)


def test_pearson_of_ratings_puts_items_together_that_the_same_users_like() -> None:
    model = ItemKNN(ItemKNNConfig(similarity="pearson", shrink=1)).fit(ratings().data, RUN)
    source = np.repeat(np.arange(40), np.diff(model.indptr))
    same = source % 2 == model.items % 2
    assert model.values[same].sum() > 10 * model.values[~same].sum()


def test_newer_events_of_a_history_weigh_more() -> None:
    plain, decayed = ItemKNNConfig(), ItemKNNConfig(decay=0.5)
    expected = 0.5 * asked(plain, [0]) + asked(plain, [2])
    assert_allclose(asked(decayed, [0, 2]), expected, rtol=1e-6)


def test_only_the_nearest_are_kept() -> None:
    assert_allclose(asked(ItemKNNConfig(neighbours=1), [0]), [0, 2 / np.sqrt(6), 0], rtol=1e-6)


def test_own_items_count_as_much_as_asked() -> None:
    assert_allclose(asked(ItemKNNConfig(own=3), [0])[0], 3)


def test_an_unknown_similarity_is_named_with_the_closest_known() -> None:
    with pytest.raises(UsageError, match="did you mean 'cosine'"):
        ItemKNN(ItemKNNConfig(similarity="cosin")).fit(small().data, RUN)


def test_an_update_computes_only_the_lists_whose_pairs_have_changed() -> None:
    # users {0, 1}, {1, 2}, {3, 4}, {4, 5}; user 3 meets item 0 of another corner, or of its own
    rows = [(0, 0, 1.0), (0, 1, 1.0), (1, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0), (2, 4, 1.0), (3, 4, 1.0)]
    log = log_of([*rows, (3, 5, 1.0)], 4, 7)
    new = np.zeros(len(log), dtype=bool)
    new[-1] = True  # user 3, item 5: the pair (4, 5) and the length of 5
    assert changed(ItemKNNConfig(), log, new).tolist() == [4, 5]
    assert changed(ItemKNNConfig(user_power=0.5), log, new).tolist() == [3, 4, 5]
    assert changed(ItemKNNConfig(weighting="bm25"), log, new) is None


def test_a_rating_is_the_baseline_and_the_weighted_mean_of_the_most_similar_items_rated() -> None:
    log = ratings()
    model = ItemKNN(ItemKNNConfig(similarity="baseline", shrink=2.0, rated=3)).fit(log.data, RUN)
    similarity = np.zeros((40, 40))
    similarity[np.repeat(np.arange(40), np.diff(model.indptr)), model.items] = model.values
    history, item = log.batch.histories.take(np.array([7])), int(log.target[7])
    near = similarity[history.items, item]
    best = np.argsort(-near)[:3]
    bias = model.biases
    expected = bias.mean + bias.of_users(history)[0] + bias.items[item]
    expected += near[best] @ bias.residuals(history)[best] / near[best].sum()
    pairs = Pairs(np.array([7], dtype=np.int32), np.array([item], dtype=np.int32))
    assert_allclose(model.rate(log.batch, pairs), expected, rtol=1e-5)


def test_the_lists_are_those_of_the_exact_cosine() -> None:
    """Against scipy, on a catalogue with crowded and with rare items."""
    generator = np.random.default_rng(2)
    items = np.minimum(generator.exponential(40, 6000), 399).astype(int)
    log = log_of([(int(u), int(i), 1.0) for u, i in zip(np.repeat(np.arange(300), 20), items, strict=True)],
                 300, 400)  # fmt: skip
    model = ItemKNN(ItemKNNConfig(neighbours=15)).fit(planted(log, [0] * 300).data, RUN)
    met = log.matrix("binary").toarray().astype(np.float64)
    lengths = np.sqrt(met.sum(axis=0))
    cosine = met.T @ met / np.maximum(np.outer(lengths, lengths), 1e-9)
    np.fill_diagonal(cosine, 0)
    for item in range(400):
        mine = slice(model.indptr[item], model.indptr[item + 1])
        best = np.lexsort((np.arange(400), -cosine[item].astype(np.float32)))[:15]
        best = np.sort(best[cosine[item][best] > 0])
        assert_allclose(np.sort(model.values[mine]), np.sort(cosine[item][best]), rtol=1e-6)
        assert_allclose(cosine[item][model.items[mine]], model.values[mine], rtol=1e-6)
