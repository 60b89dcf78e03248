"""What some models can do besides what their contract says. A test class names these before its contract.

``ExplainsItself`` for models that explain a score, ``LearnsNewEvents`` for those that update,
``ReadsHistories`` for those that know a user by its history alone.
"""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from recx.data import Histories, UserBatch
from recx.models import create
from recx.models.base import Recommender
from recx.train.runs import read_model, write_model
from tests.models.contract import RUN
from tests.models.planted import Planted


class ExplainsItself:
    """For models with ``explains``; stands before the suite that brings ``model`` and ``known``."""

    def test_reasons_add_up_to_the_score_and_come_largest_first(
        self, model: Recommender, known: Planted
    ) -> None:
        scores, told = model.score(known.batch), 0
        scale = np.abs(scores).max()
        for row in (0, 7, known.log.n_users - 1):
            for item in (int(known.target[row]), int(np.argmax(scores[row])), int(np.argmin(scores[row]))):
                reasons = model.explain(known.batch, row, item)
                sizes = [abs(reason.value) for reason in reasons]
                assert sizes == sorted(sizes, reverse=True) and 0 not in sizes
                assert abs(sum(reason.value for reason in reasons) - scores[row, item]) < 1e-4 * scale
                told += len(reasons)
        assert type(model).explains and told

    def test_items_that_speak_for_another_were_in_the_history(
        self, model: Recommender, known: Planted
    ) -> None:
        histories = known.batch.histories
        for row in (0, 7):
            own = set(histories.take(np.array([row])).items.tolist())
            best = int(np.argmax(model.score(known.batch)[row]))
            for reason in model.explain(known.batch, row, best):
                assert reason.kind != "item" or reason.what in own
                assert reason.kind != "user" or reason.what != row

    def test_a_stranger_without_a_history_is_answered_by_popularity_or_by_what_holds_for_all(
        self, model: Recommender, known: Planted
    ) -> None:
        nothing = Histories(np.zeros(2, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
        stranger = UserBatch(np.array([-1], dtype=np.int32), nothing, None)
        reasons = model.explain(stranger, 0, 3)
        assert not {"item", "user"} & {reason.kind for reason in reasons}
        self.close(np.array(sum(reason.value for reason in reasons)), model.answer(stranger)[0, 3])


class ReadsHistories:
    """For models that know a user by the history that comes with the question alone; stands before the suite
    that brings ``model`` and ``known``.
    """

    def test_a_stranger_is_scored_like_the_user_whose_history_it_has(
        self, model: Recommender, known: Planted
    ) -> None:
        strangers = replace(known.batch, users=np.full(known.log.n_users, -1, dtype=np.int32))
        assert model.knows(strangers).all()
        assert_array_equal(model.score(strangers), model.score(known.batch))


class LearnsNewEvents:
    """For models with ``updates``; stands before the suite that brings ``known``."""

    update_bound: ClassVar[float] = 0.0
    """How far a score may lie from a refit's, as a share of the largest score; state why it is not 0."""

    def test_an_update_equals_a_refit(self, known: Planted, tmp_path: Path) -> None:
        """A tenth of the events, two users and three items arrive later, some of them twice."""
        log = known.log
        late = np.random.default_rng(4).random(len(log)) < 0.1
        late |= (log.users >= log.n_users - 2) | (log.items >= log.n_items - 3)
        twice = np.sort(np.append(np.arange(len(log)), np.flatnonzero(late)[::9]))
        whole, new = log.take(twice), late[twice]
        early = whole.take(~new)
        kept = early.items < log.n_items - 3
        assert kept.all() and early.users.max() < log.n_users - 2
        before = replace(
            known.data, interactions=replace(early, n_users=log.n_users - 2, n_items=log.n_items - 3)
        )
        after = replace(known.data, interactions=whole)
        write_model(tmp_path, "early", create(self.config).fit(before, RUN))
        model = read_model(tmp_path, "early", self.config).update(after, new)
        refit = create(self.config).fit(after, RUN)
        batch = replace(known.batch, histories=whole.histories())
        expected = refit.score(batch)
        bound = self.update_bound * np.abs(expected).max()
        assert_allclose(model.score(batch), expected, rtol=0, atol=bound)
        assert_allclose(model.popularity, refit.popularity, rtol=1e-6)
        assert type(model).updates
        write_model(tmp_path, "late", model)
        assert_array_equal(read_model(tmp_path, "late", self.config).score(batch), model.score(batch))
