"""What every base model must show. A test class of a model inherits one or more of these suites.

``LearnsTaste`` for models that find what similar users like, ``LearnsOrder`` for models that read the order
of a history, ``LearnsAttributes`` for those that read the catalogue, ``PredictsRatings`` for models that
rate, ``ModelContract`` alone for those that do none of it. What some can do besides stands in
tests.models.abilities::

    class TestEASE(LearnsTaste):
        config = EASEConfig(reg=5.0)
"""

from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.data import Catalog, Histories, Pairs, UserBatch
from recx.errors import DataError
from recx.models import config_class, create
from recx.models.base import ModelConfig, Recommender, RunOptions
from recx.train.runs import read_model, write_model
from tests.models.planted import (
    NOON,
    Planted,
    attributes,
    checkerboard,
    clusters,
    cycle,
    described,
    everything_new,
    log_of,
    planted,
    rating_of,
    ratings,
)

RUN = RunOptions(seed=1)


@cache
def popular(name: str, k: int = 10) -> float:
    """What counting finds on a planted log, in the first ``k``."""
    log = PLANTED[name]()
    return log.hits(create(config_class("popular")(name="popular")).fit(log.data, RUN), k)


PLANTED = {
    "checkerboard": checkerboard,
    "clusters": clusters,
    "wide": partial(clusters, n_users=40),
    "cycle": cycle,
    "ratings": ratings,
    "attributes": attributes,
}


class ModelContract:
    """The same right answers whatever the model: nothing here asks for quality."""

    config: ClassVar[ModelConfig]
    """Settings with which the model fits the planted logs in about a second."""
    log: ClassVar[str] = "clusters"
    """The planted log the mechanics are tried on: a key of PLANTED."""
    rtol: ClassVar[float] = 1e-4
    """How far scores of the same pair may differ between two ways to ask."""

    @classmethod
    def told(cls, log: Planted) -> Planted:
        """The log with what else the model must be told; models of the catalogue override it."""
        return log

    @pytest.fixture(scope="class")
    @classmethod
    def known(cls) -> Planted:
        return cls.told(PLANTED[cls.log]())

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, known: Planted) -> Recommender:
        return create(cls.config).fit(known.data, RUN)

    def close(self, actual: np.ndarray, expected: np.ndarray) -> None:
        assert_allclose(actual, expected, rtol=self.rtol, atol=self.rtol * max(1e-3, np.abs(expected).max()))

    def test_scores_are_a_fresh_float32_block_of_users_by_items(
        self, model: Recommender, known: Planted
    ) -> None:
        scores = model.score(known.batch)
        assert scores.shape == (known.log.n_users, known.log.n_items)
        assert scores.dtype == np.float32 and scores.flags.c_contiguous and scores.flags.writeable
        before = scores.copy()
        scores[:] = -1e9
        assert_array_equal(model.score(known.batch), before)

    def test_a_saved_and_loaded_model_scores_the_same(
        self, model: Recommender, known: Planted, tmp_path: Path
    ) -> None:
        write_model(tmp_path, "final", model)
        loaded = read_model(tmp_path, "final", self.config)
        assert_array_equal(loaded.score(known.batch), model.score(known.batch))

    def test_the_same_seed_gives_the_same_arrays_and_a_second_fit_starts_afresh(
        self, model: Recommender, known: Planted
    ) -> None:
        again = create(self.config).fit(self.told(checkerboard()).data, RUN).fit(known.data, RUN)
        first, second = model.arrays(), again.arrays()
        assert first.keys() == second.keys()
        for name, array in first.items():
            assert_array_equal(second[name], array, err_msg=name)

    def test_a_model_with_epochs_to_select_says_how_many_it_was_trained(self, model: Recommender) -> None:
        """`train` selects them, and a model whose `epochs` are something else would be fitted with none."""
        assert model.epochs_trained > 0 or not hasattr(self.config, "epochs")

    def test_fitting_leaves_the_log_alone(self, known: Planted) -> None:
        before = known.log.values.copy(), known.log.items.copy()
        create(self.config).fit(known.data, RUN)
        assert_array_equal(known.log.values, before[0])
        assert_array_equal(known.log.items, before[1])

    def test_score_pairs_equals_score(self, model: Recommender, known: Planted) -> None:
        generator = np.random.default_rng(3)
        row = np.sort(generator.integers(0, known.log.n_users, 200)).astype(np.int32)
        item = generator.integers(0, known.log.n_items, 200).astype(np.int32)
        scores = model.score_pairs(known.batch, Pairs(row, item))
        assert scores.dtype == np.float32
        self.close(scores, model.score(known.batch)[row, item])

    def test_a_user_scores_the_same_alone_as_in_a_crowd(self, model: Recommender, known: Planted) -> None:
        together = model.score(known.batch)
        for row in (0, known.log.n_users - 1):
            self.close(model.score(_only(known.batch, [row])), together[[row]])

    def test_strangers_and_empty_histories_are_answered(self, model: Recommender, known: Planted) -> None:
        histories = known.batch.histories.take(np.array([0, 1]))
        empty = Histories(
            np.append(histories.indptr, histories.indptr[-1]),
            histories.items,
            histories.values,
            histories.times,
        )
        at = None if known.batch.at is None else known.batch.at[:3]
        strangers = UserBatch(np.array([-1, known.log.n_users + 7, -1], dtype=np.int32), empty, at)
        assert model.knows(strangers).shape == (3,)
        lists = model.recommend(strangers, 5, everything_new(known.log.n_items))
        assert (lists.items >= 0).all()

    def test_vectors_are_what_the_score_is_made_of_but_for_terms_of_the_user_or_the_item(
        self, model: Recommender, known: Planted
    ) -> None:
        if (found := model.vectors(known.batch)) is None:
            pytest.skip("has no vectors")
        users, items = found
        left = model.score(known.batch) - users @ items.T
        alone = left - left.mean(axis=0) - left.mean(axis=1, keepdims=True) + left.mean()
        assert np.abs(alone).max() < self.rtol * np.abs(model.score(known.batch)).max()
        nobody = model.vectors(_only(known.batch, []))
        assert nobody is not None and nobody[0].shape == (0, items.shape[1])

    def test_no_users_give_no_lists(self, model: Recommender, known: Planted) -> None:
        nobody = _only(known.batch, [])
        assert model.score(nobody).shape == (0, known.log.n_items)
        assert len(model.recommend(nobody, 3, everything_new(known.log.n_items))) == 0

    @pytest.mark.parametrize("times", [True, False], ids=["dated", "undated"])
    def test_items_nobody_has_met_are_scored_and_may_stand_in_a_history(self, times: bool) -> None:
        rows = [(u, (u + step) % 6, 1.0) for u in range(12) for step in range(4)]
        log = self.told(planted(log_of(rows, 13, 9, times), [0] * 13))
        model = create(self.config).fit(log.data, RUN)
        met = Histories(
            np.array([0, 1, 3]),
            np.array([8, 8, 2], dtype=np.int32),
            np.ones(3, dtype=np.float32),
            np.full(3, NOON) if times else None,
        )
        batch = UserBatch(np.array([12, 0], dtype=np.int32), met, np.array([NOON + 9] * 2) if times else None)
        assert np.isfinite(model.score(batch)).all()
        assert np.isfinite(model.score(log.batch)).all()

    def test_one_user_and_one_item_are_enough(self) -> None:
        log = self.told(planted(log_of([(0, 0, 1.0)], 1, 1), [0]))
        model = create(self.config).fit(log.data, RUN)
        assert np.isfinite(model.score(log.batch)).all()

    def test_a_user_may_meet_an_item_again_and_values_may_differ(self) -> None:
        rows = [(u, (u + s * s) % 7, 1.0 + s % 3) for u in range(20) for s in range(6)]
        log = self.told(planted(log_of(rows, 20, 7), [0] * 20))
        assert np.isfinite(create(self.config).fit(log.data, RUN).score(log.batch)).all()

    def test_ratings_do_not_break_it(self) -> None:
        log = self.told(ratings())
        lists = (
            create(self.config).fit(log.data, RUN).recommend(log.batch, 5, everything_new(log.log.n_items))
        )
        assert (lists.items >= 0).all()


class LearnsTaste(ModelContract):
    """For models that find what similar users like."""

    def test_it_finds_the_withheld_diagonal_of_a_checkerboard(self) -> None:
        board = self.told(checkerboard())
        assert board.hits(create(self.config).fit(board.data, RUN), 1) == 1.0

    def test_it_beats_popular_on_planted_clusters(self) -> None:
        log = self.told(clusters())
        found = log.hits(create(self.config).fit(log.data, RUN), 10)
        assert found > 1.5 * popular("clusters"), f"{found:.2f} against {popular('clusters'):.2f}"

    def test_a_stranger_with_the_history_of_a_user_gets_what_its_cluster_likes(
        self, model: Recommender, known: Planted
    ) -> None:
        batch = replace(known.batch, users=np.full(known.log.n_users, -1, dtype=np.int32))
        scores = model.score(batch)[model.knows(batch)]
        if not len(scores):
            pytest.skip("answers only users it was fitted on")
        best = np.argmax(scores, axis=1)
        own = np.arange(known.log.n_users)[model.knows(batch)] % 4
        assert np.mean(best // 16 == own) > 0.9


class LearnsOrder(ModelContract):
    """For models that read the order of a history."""

    log = "cycle"

    def test_it_finds_the_next_step_of_a_planted_cycle(self) -> None:
        for log in (cycle(), cycle().without_times()):
            model = create(self.config).fit(log.data, RUN)
            assert log.hits(model, 1) > 0.9 > 2 * popular("cycle", 1)

    def test_a_new_event_moves_a_stranger_on_by_one(self, model: Recommender, known: Planted) -> None:
        """Nothing but the history counts, and its newest event counts most."""
        n = known.log.n_items
        steps = np.array([[(start + s) % n for s in range(3)] for start in range(n)], dtype=np.int32)
        histories = Histories(3 * np.arange(n + 1), steps.ravel(), np.ones(3 * n, dtype=np.float32))
        scores = model.score(UserBatch(np.full(n, -1, dtype=np.int32), histories))
        scores[np.arange(n)[:, None], steps] = -np.inf
        assert np.mean(np.argmax(scores, axis=1) == (steps[:, -1] + 1) % n) > 0.9


class LearnsAttributes(ModelContract):
    """For models that read the catalogue: they find items that nobody has met."""

    log = "attributes"

    @classmethod
    def told(cls, log: Planted) -> Planted:
        return described(log)

    def test_it_finds_items_without_a_single_event(self, model: Recommender, known: Planted) -> None:
        assert not known.log.item_counts[known.target].any()
        assert known.hits(model, 12) > 0.9
        assert popular("attributes", 12) == 0.0

    def test_without_a_catalogue_it_says_what_is_missing(self, known: Planted) -> None:
        blank = replace(known.data, catalog=Catalog())
        with pytest.raises(DataError, match=f"^{self.config.name}: the data set describes no item"):
            create(self.config).fit(blank, RUN)

    def test_items_that_say_nothing_are_scored_too(self, known: Planted) -> None:
        words = {name: column.copy() for name, column in known.data.catalog.items.items()}
        for column in words.values():
            column[:3] = np.nan if column.dtype.kind == "f" else ""
        model = create(self.config).fit(replace(known.data, catalog=Catalog(words)), RUN)
        assert np.isfinite(model.score(known.batch)).all()
        only = Histories(np.array([0, 1]), np.array([0], dtype=np.int32), np.ones(1, np.float32), None)
        lists = model.recommend(
            UserBatch(np.array([-1], dtype=np.int32), only, None), 5, everything_new(known.log.n_items)
        )
        assert (lists.items >= 0).all()


class PredictsRatings(ModelContract):
    """For models that rate."""

    log = "ratings"
    rmse: ClassVar[float] = 0.5
    """The most it may be off on the planted ratings, where the mean of all is off by 1.15."""

    def test_it_predicts_the_ratings_that_were_kept_back(self, model: Recommender, known: Planted) -> None:
        users = known.batch.users
        truth = np.array(
            [rating_of(int(user), int(item)) for user, item in zip(users, known.target, strict=True)]
        )
        predicted = model.rate(known.batch, Pairs(users, known.target))
        assert predicted.shape == truth.shape and predicted.dtype == np.float32
        assert np.sqrt(np.mean((predicted - truth) ** 2)) < self.rmse
        assert np.sqrt(np.mean((known.log.values.mean() - truth) ** 2)) > 1.0

    def test_ratings_of_strangers_and_of_unmet_items_stay_near_the_scale(self) -> None:
        log = ratings(n_items=40)
        wider = planted(replace(log.log, n_items=42), log.target.tolist())
        model = create(self.config).fit(wider.data, RUN)
        empty = Histories(
            np.zeros(3, dtype=np.int64), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        )
        stranger = UserBatch(np.array([-1, 3], dtype=np.int32), empty, None)
        pairs = Pairs(np.array([0, 0, 1, 1], dtype=np.int32), np.array([0, 41, 3, 41], dtype=np.int32))
        predicted = model.rate(stranger, pairs)
        assert np.isfinite(predicted).all() and predicted.min() > 0.5 and predicted.max() < 5.5

    def test_a_saved_and_loaded_model_rates_the_same(
        self, model: Recommender, known: Planted, tmp_path: Path
    ) -> None:
        write_model(tmp_path, "final", model)
        pairs = Pairs(known.batch.users, known.target)
        loaded = read_model(tmp_path, "final", self.config)
        assert_array_equal(loaded.rate(known.batch, pairs), model.rate(known.batch, pairs))


def _only(batch: UserBatch, rows: list[int]) -> UserBatch:
    index = np.array(rows, dtype=np.int64)
    at = None if batch.at is None else batch.at[index]
    return UserBatch(batch.users[index], batch.histories.take(index), at)
