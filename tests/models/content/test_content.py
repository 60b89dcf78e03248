"""content: the contract, cosines worked out plainly, what is told of a catalogue."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from safetensors.numpy import save_file

from recx.data import Catalog, Interactions, TrainingData
from recx.errors import UsageError
from recx.models.base import RunOptions
from recx.models.content.config import ContentConfig
from recx.models.content.content import Content
from recx.models.content.terms import terms_of
from tests.models.abilities import ExplainsItself, LearnsNewEvents, ReadsHistories
from tests.models.contract import LearnsAttributes
from tests.models.planted import DAY, NOON, Planted, attributes, log_of, planted

RUN = RunOptions(seed=1)


class TestContent(ReadsHistories, LearnsNewEvents, ExplainsItself, LearnsAttributes):
    config = ContentConfig()


class TestContentWithDecay(ReadsHistories, LearnsNewEvents, ExplainsItself, LearnsAttributes):
    config = ContentConfig(values="log", decay=0.8, columns=["kind", "title"], min_items=1, max_share=1.0)


def shop(**columns: list[str] | list[float]) -> Planted:
    """Two users, four items, described as told."""
    log = planted(log_of([(0, 0, 1.0), (0, 1, 2.0), (1, 2, 1.0)], 2, 4), [3, 3])
    catalog = Catalog(
        {
            name: np.array(column, dtype=np.float32 if isinstance(column[0], float) else object)
            for name, column in columns.items()
        }
    )
    return replace(log, data=replace(log.data, catalog=catalog))


def words_of(catalog: Catalog, **settings: object) -> list[set[str]]:
    """The terms of every item."""
    n = len(next(iter(catalog.items.values())))
    config = ContentConfig(min_items=1, max_share=1.0, **settings)  # type: ignore[arg-type]
    matrix, names = terms_of(catalog, n, config)
    return [{names[term] for term in matrix[[row]].indices} for row in range(n)]


def test_scores_are_cosines_of_tf_idf_worked_out_plainly() -> None:
    titles = ["red tea", "green tea tea", "red coffee", "green tea"]
    log = shop(title=titles)
    model = Content(ContentConfig(min_items=1, max_share=1.0)).fit(log.data, RUN)

    counts = {"red": [1, 0, 1, 0], "green": [0, 1, 0, 1], "tea": [1, 2, 0, 1], "coffee": [0, 0, 1, 0]}
    rows = np.zeros((4, 4))
    for term, column in enumerate(np.array(list(counts.values()), dtype=float)):
        there = column > 0
        rows[there, term] = (1 + np.log(column[there])) * (1 + np.log((1 + 4) / (1 + there.sum())))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    profiles = np.array([rows[0] + rows[1], rows[2]])
    profiles /= np.linalg.norm(profiles, axis=1, keepdims=True)
    assert_allclose(model.score(log.batch), profiles @ rows.T, rtol=1e-5)

    reasons = {reason.what: reason.value for reason in model.explain(log.batch, 0, 3)}
    assert_allclose(reasons["tea"], profiles[0, 2] * rows[3, 2], rtol=1e-5)
    assert set(reasons) == {"tea", "green"}


def test_newer_events_weigh_more_in_the_profile() -> None:
    log = shop(title=["red", "green", "red", "green"])
    even = Content(ContentConfig(min_items=1, max_share=1.0)).fit(log.data, RUN).score(log.batch)
    late = (
        Content(ContentConfig(min_items=1, max_share=1.0, half_life=1.0)).fit(log.data, RUN).score(log.batch)
    )
    assert_allclose(even[0, :2], np.sqrt([0.5, 0.5]), rtol=1e-5)
    # a day apart at a half-life of a day
    assert_allclose(late[0, :2], np.array([1, 2]) / np.sqrt(5), rtol=1e-5)


def test_categories_are_terms_as_a_whole_and_by_their_words() -> None:
    kinds = ["Ice Cream", "Ice Cream", "Ice Cream", "Tea", ""]
    shown = words_of(Catalog({"kind": np.array(kinds, dtype=object)}))
    assert shown == [*([{"kind=Ice Cream", "ice", "cream"}] * 3), {"kind=Tea"}, set()]


def test_numbers_fall_into_bands_and_few_values_are_terms_themselves() -> None:
    price = np.arange(10, dtype=np.float32)
    adult = np.array([0, 1] * 5, dtype=np.float32)
    shown = words_of(Catalog({"price": price, "adult": adult}), bands=2)
    assert shown[0] == {"price below 4.5", "adult=0"}
    assert shown[9] == {"price from 4.5", "adult=1"}


def test_a_number_in_a_text_is_a_word_of_its_column_only() -> None:
    texts = {"also": ["[7, 12]", "[12]", "[7, 9]"], "title": ["7 teas", "cup", "12 cups"]}
    shown = words_of(Catalog({name: np.array(column, dtype=object) for name, column in texts.items()}))
    assert shown[0] == {"also 7", "also 12", "title 7", "teas"}


def test_rare_and_common_terms_are_left_out() -> None:
    titles = np.array(["tea red", "tea red", "tea green", "tea blue"], dtype=object)
    matrix, names = terms_of(Catalog({"title": titles}), 4, ContentConfig(min_items=2, max_share=0.6))
    assert names == ["red"]
    assert_allclose(matrix.toarray()[:, 0], [1, 1, 0, 0])


def test_a_column_that_is_not_there_is_named_with_the_nearest() -> None:
    log = shop(title=["a"] * 4)
    with pytest.raises(UsageError, match="no item column 'titel'; did you mean 'title'"):
        Content(ContentConfig(columns=["titel"])).fit(log.data, RUN)
    with pytest.raises(UsageError, match="max_share=0"):
        Content(ContentConfig(max_share=0.0)).fit(log.data, RUN)


def test_a_user_of_undescribed_items_is_answered_by_popularity() -> None:
    log = shop(kind=["tea", "tea", "", "coffee"])
    model = Content(ContentConfig(min_items=1, max_share=1.0)).fit(log.data, RUN)
    assert model.knows(log.batch).tolist() == [True, False]


def test_an_update_reads_rows_that_joined_the_catalogue() -> None:
    """New items change how rare every word is: the scores are those of a refit."""
    early = shop(title=["red tea", "green tea", "red coffee", "green tea"])
    users = np.array([0, 0, 1, 1], dtype=np.int32)
    log = Interactions(
        users,
        np.array([0, 1, 2, 5], np.int32),
        np.ones(4, np.float32),
        2,
        6,
        NOON + DAY * np.arange(4),
        order="time",
    )
    titles = [*early.data.catalog.items["title"], "red cup", "red tea cup"]
    late = TrainingData(log, Catalog({"title": np.array(titles, dtype=object)}), NOON + 9 * DAY)
    config = ContentConfig(min_items=1, max_share=1.0)
    new = np.array([False, False, False, True])
    updated = Content(config).fit(early.data, RUN).update(late, new)
    batch = Planted(late, np.zeros(2, np.int32)).batch
    assert_allclose(updated.score(batch), Content(config).fit(late, RUN).score(batch), rtol=0)
    assert updated.score(batch)[0, 5] > 0


def test_vectors_are_one_more_part_of_the_description(tmp_path: Path) -> None:
    """Cosines of terms and of vectors, weighted, where an item has both; of what it has otherwise."""
    log = shop(title=["red", "green", "red", ""])
    log = replace(
        log, data=replace(log.data, catalog=replace(log.data.catalog, item_ids=["a", "b", "c", "d"]))
    )
    path = tmp_path / "images.safetensors"
    save_file({"a": np.array([2.0, 0]), "c": np.array([1.0, 1]), "d": np.array([0, 3.0])}, path)
    config = ContentConfig(min_items=1, max_share=1.0, vectors=str(path), vectors_weight=0.25)
    model = Content(config).fit(log.data, RUN)
    scores = model.score(log.batch)
    # user 1 knows item c alone: (cos terms + weight x cos vectors) / (length x length)
    both = np.sqrt(1.25)
    expected = [(1 + 0.25 * np.sqrt(0.5)) / 1.25, 0, 1, 0.5 * np.sqrt(0.5) / both]
    assert_allclose(scores[1], expected, rtol=1e-5, atol=1e-6)
    reasons = {reason.what: reason.value for reason in model.explain(log.batch, 1, 0)}
    assert_allclose(reasons["red"], 1 / 1.25, rtol=1e-5)
    assert_allclose(reasons["vectors"], 0.25 * np.sqrt(0.5) / 1.25, rtol=1e-5)


def test_vectors_alone_find_cold_items(tmp_path: Path) -> None:
    log = attributes()
    taste = np.array([int(kind.split()[1]) for kind in log.data.catalog.items["kind"]])
    rows = np.eye(4)[taste] + np.random.default_rng(0).normal(0, 0.1, (len(taste), 4))
    np.save(tmp_path / "sound.npy", rows)
    (tmp_path / "sound.txt").write_text("\n".join(f"i{item}" for item in range(len(taste))))
    catalog = Catalog(item_ids=[f"i{item}" for item in range(len(taste))])
    model = Content(ContentConfig(vectors=str(tmp_path / "sound.npy")))
    assert log.hits(model.fit(replace(log.data, catalog=catalog), RUN), 15) > 0.9
