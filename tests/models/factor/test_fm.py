from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from recx.data import Catalog, Histories, Interactions, Pairs, TrainingData, UserBatch
from recx.errors import UsageError
from recx.models.base import EpochReport, RunOptions
from recx.models.factor.config import FMConfig
from recx.models.factor.fm import FM, _with_negatives
from recx.models.factor.fm_features import Block, days, described, identity, met
from recx.models.factor.fm_gibbs import Gibbs, summed
from recx.models.factor.fm_posterior import Posterior, expected
from tests.models.contract import RUN, LearnsTaste, PredictsRatings
from tests.models.planted import DAY, NOON, checkerboard, log_of, planted, ratings

SHORT = FMConfig(factors=3, burn_in=20, samples=40, kept=20)


class TestOrdered(PredictsRatings):
    config = SHORT


class TestRegression(PredictsRatings):
    config = replace(SHORT, task="regression")


class TestImplicitFeedback(LearnsTaste):
    config = replace(SHORT, factors=4)


def test_a_row_adds_what_the_equation_says() -> None:
    # x (1, 2, 0), w (.5, 1, 9), v (1, 2), (3, -1), (9, 9): sum w x 2.5, v_1 v_2 = 1, times x_1 x_2 = 2
    theta = np.array([[0.5, 1, 2], [1, 3, -1], [9, 9, 9]])
    alone, factors = summed(csr_array(np.array([[1.0, 2.0, 0.0]])), theta)
    assert_allclose(alone, [0.5 + 2 * 1 + 2 * (1 * 3 - 2 * 1)])
    assert_allclose(factors, [[1 + 2 * 3, 2 - 2 * 1]])


def test_the_posterior_rates_as_the_equation_does() -> None:
    """The mean over samples of w0 + sum w x + sum over pairs of features v v x x, by its double sum."""
    rng = np.random.default_rng(0)
    x_user, item, day = rng.random((2, 3)), 1, 2
    samples = []
    for _ in range(4):
        users, items, dated = (rng.standard_normal((rows, 3)).astype(np.float16) for rows in (3, 2, 3))
        cutpoints = np.sort(rng.standard_normal((1, 2))).astype(np.float32)
        levels = np.array([1, 2, 5], dtype=np.float32)
        samples.append(Posterior(users, items, dated, rng.random(1).astype(np.float32), cutpoints, levels))
    wanted = []
    for sample in samples:
        w = np.concatenate([sample.users[:, 0], [sample.items[item, 0], sample.days[day, 0]]], dtype=float)
        v = np.vstack([sample.users[:, 1:], sample.items[item, 1:], sample.days[day, 1:]]).astype(float)
        for x in np.hstack([x_user, np.ones((2, 2))]):
            pairs = sum(v[j] @ v[k] * x[j] * x[k] for j in range(5) for k in range(j + 1, 5))
            score = np.array([sample.constants[0] + w @ x + pairs])
            wanted.append(expected(score, sample.cutpoints[0], sample.levels)[0])
    mean = np.reshape(wanted, (4, 2)).mean(axis=0)
    posterior = Posterior.joined(samples)
    asking = posterior.on_days(
        posterior.asking(csr_array(x_user.astype(np.float32))), np.full(2, day, dtype=np.int32)
    )
    assert_allclose(posterior.of_pairs(asking, np.full(2, item, dtype=np.int32)), mean, atol=1e-3)
    assert_allclose(posterior.of_all(asking)[:, item], mean, atol=1e-3)


def test_the_expected_rating_is_the_sum_of_grades_times_their_probability() -> None:
    # under a score of 0 and cutpoints at the quartiles the outer grades have a quarter each
    quartile = 0.6744897501960817
    levels = np.array([1, 2, 5], dtype=np.float32)
    found = expected(np.zeros(1), np.array([-quartile, quartile]), levels)
    assert_allclose(found, [0.25 * 1 + 0.5 * 2 + 0.25 * 5])


def test_the_chain_keeps_its_errors_up_to_date() -> None:
    log = ratings().log
    users, items = Block.of(identity(60), met(log.histories(), 40)), Block.of(identity(40))
    for levels in (0, len(np.unique(log.values))):
        target = np.searchsorted(np.unique(log.values), log.values).astype(np.float64)
        chain = Gibbs([(users, log.users), (items, log.items)], target, levels, 2, 0)
        for _ in range(5):
            chain.sweep()
        assert_allclose(chain.scores, chain.predict(), atol=1e-9)


def test_cutpoints_lie_where_the_grades_were_cut() -> None:
    rng = np.random.default_rng(3)
    taste, cuts = rng.standard_normal(200), np.array([-1.0, 0.2, 1.5])
    users = np.repeat(np.arange(200, dtype=np.int32), 60)
    level = np.searchsorted(cuts, taste[users] + rng.standard_normal(len(users))).astype(np.float64)
    nothing = (Block.of(identity(1)), np.zeros(len(users), dtype=np.int32))
    chain = Gibbs([(Block.of(identity(200)), users), nothing], level, 4, 1, 0)
    drawn = []
    for sweep in range(150):
        chain.sweep()
        if sweep >= 50:
            drawn.append(np.diff(chain.cutpoints))
    assert_allclose(np.mean(drawn, axis=0), np.diff(cuts), rtol=0.06)
    assert np.std(drawn, axis=0).min() > 0.001


def test_what_no_rating_has_is_at_the_mean_of_its_kind() -> None:
    log = ratings(n_items=40).log
    wider = replace(log, n_items=42)
    model = FM(SHORT).fit(TrainingData(wider, Catalog(), None), RUN)
    strangers = model.posterior.items[40:].astype(np.float64)
    assert_array_equal(strangers[0], strangers[1])
    stranger = model.posterior.users[log.n_users].astype(np.float64)
    known = model.posterior.users[: log.n_users].astype(np.float64)
    assert np.abs(stranger - known.mean(axis=0)).mean() < 0.5 * known.std(axis=0).mean()


def test_features_alone_predict_the_ratings_of_cold_items() -> None:
    """Who is young likes films, who is old books: 1 to 5, on items and for users that nobody met."""
    rng = np.random.default_rng(5)
    n_users, n_items = 60, 40
    young, film = np.arange(n_users) % 2 == 0, np.arange(n_items) % 2 == 0
    rows = [
        (user, int(item), 5.0 if young[user] == film[item] else 1.0)
        for user in range(n_users - 4)
        for item in rng.permutation(n_items - 6)[:12]
    ]
    catalog = Catalog(
        {"kind": np.where(film, "film", "book").astype(object), "title": np.arange(40).astype(object)},
        {"age": np.where(young, 20.0, 60.0).astype(np.float32)},
    )
    log = log_of(rows, n_users, n_items, times=False)
    pairs = Pairs(
        np.repeat(np.arange(n_users), 6).astype(np.int32),
        np.tile(np.arange(34, 40), n_users).astype(np.int32),
    )
    truth = np.where(young[pairs.row] == film[pairs.item], 5.0, 1.0)
    batch = UserBatch(np.arange(n_users, dtype=np.int32), log.histories())
    for task in ("ordered", "regression"):
        model = FM(replace(SHORT, task=task)).fit(TrainingData(log, catalog, None), RUN)
        assert np.abs(model.rate(batch, pairs) - truth).mean() < 0.8
        assert model.knows(batch).all()
        blind = FM(replace(SHORT, task=task, features=False)).fit(TrainingData(log, catalog, None), RUN)
        assert np.abs(blind.rate(batch, pairs) - truth).mean() > 1.0


def test_the_day_of_a_rating_counts() -> None:
    """Everyone gives 4 on odd days and 2 on even ones."""
    rows = [(user, (user + 3 * step) % 30, 2.0 + 2 * (step % 2)) for user in range(30) for step in range(8)]
    log = log_of(rows, 30, 30)
    model = FM(SHORT).fit(planted(log, [0] * 30).data, RUN)
    batch = UserBatch(np.arange(30, dtype=np.int32), log.histories())
    first = int(log.times.min())  # type: ignore[union-attr]
    every = np.arange(30, dtype=np.int32)
    for day, rating in ((0, 2.0), (1, 4.0)):
        at = np.full(30, first + day * DAY)
        assert np.abs(model.rate(batch, Pairs(every, every, at)) - rating).max() < 0.7
        assert np.abs(model.score(replace(batch, at=at)) - rating).max() < 0.7
    unknown = model.rate(batch, Pairs(every, every, np.full(30, first + 1000 * DAY)))
    assert np.abs(unknown - 3).max() < 1.0


def test_a_strangers_history_says_what_it_likes() -> None:
    """Users meet one half of the items only, and like half of what all like: what is met tells who asks."""
    rows = [
        (user, 2 * item + (user % 2), 5.0 if user % 2 else 1.0) for user in range(40) for item in range(10)
    ]
    log = log_of(rows, 40, 20, times=False)
    model = FM(SHORT).fit(TrainingData(log, Catalog(), None), RUN)
    histories = Histories(
        np.array([0, 4, 8]),
        np.array([0, 2, 4, 6, 1, 3, 5, 7], dtype=np.int32),
        np.full(8, 3, dtype=np.float32),
    )
    strangers = UserBatch(np.array([-1, 99], dtype=np.int32), histories)
    assert model.knows(strangers).all()
    low, high = model.score(strangers).mean(axis=1)
    assert high - low > 0.5
    nobody = UserBatch(np.array([-1], dtype=np.int32), histories.take(np.array([0])))
    without = FM(replace(SHORT, sets=False)).fit(TrainingData(log, Catalog(), None), RUN)
    assert not without.knows(nobody).any()


def test_columns_become_groups_of_features() -> None:
    columns = {
        "kind": np.array(["a|b", "a", "", "c"], dtype=object),
        "title": np.array(["w", "x", "y", "z"], dtype=object),
        "year": np.array([1, 1, 2, np.nan], dtype=np.float32),
    }
    (kind, year) = described(columns, 4)
    # "b" and "c" are of one row only, like every title, and the year 2
    assert_allclose(kind.toarray(), [[1], [1], [0], [0]])
    assert_allclose(year.toarray(), [[1], [1], [0], [0]])
    history = Histories(np.array([0, 4]), np.array([0, 2, 2, 3], dtype=np.int32), np.ones(4, np.float32))
    assert_allclose(met(history, 4).toarray(), [[3**-0.5, 0, 3**-0.5, 3**-0.5]])
    known = np.array([NOON // DAY, NOON // DAY + 2])
    assert days(np.array([NOON, NOON + DAY, NOON + 2 * DAY, 0]), known).tolist() == [0, 2, 1, 2]


def test_negatives_were_not_met() -> None:
    log = checkerboard().log
    drawn = _with_negatives(log, 3, 0)
    held = set(zip(log.users.tolist(), log.items.tolist(), strict=True))
    disliked = drawn.take(drawn.values == 0)
    assert len(disliked) > len(log)
    assert not held & set(zip(disliked.users.tolist(), disliked.items.tolist(), strict=True))
    assert isinstance(drawn, Interactions) and drawn.take(drawn.values == 1).values.sum() == len(log)


def test_on_implicit_feedback_event_weights_are_grades_above_what_was_not_met() -> None:
    """Users buy (5) half of their taste's items and look at (1) the other half."""
    rng = np.random.default_rng(4)
    rows = [
        (user, int(item), 5.0 if item % 4 < 2 else 1.0)
        for user in range(80)
        for item in rng.permutation(np.arange(user % 2, 40, 2))[:12]
    ]
    log = planted(log_of(rows, 80, 40), [0] * 80)
    weighted = replace(log.data, feedback="implicit")
    users, items = np.arange(80), np.arange(40)
    taste = users[:, None] % 2 == items % 2
    met = log.log.matrix("binary").toarray() > 0
    bought = (items % 4 < 2) & taste & ~met
    looked = (items % 4 >= 2) & taste & ~met
    for task in ("ordered", "regression"):
        scores = FM(replace(SHORT, factors=4, task=task)).fit(weighted, RUN).score(log.batch)
        assert scores[bought].mean() > scores[looked].mean() + 0.4
        assert scores[looked].mean() > scores[~taste].mean() + 0.4


def test_every_sweep_is_reported_and_its_error_falls() -> None:
    seen: list[tuple[EpochReport, int]] = []
    run = RunOptions(seed=1, progress=lambda report, most: seen.append((report, most)))
    model = FM(SHORT).fit(ratings().data, run)
    assert [report.epoch for report, _ in seen] == list(range(1, 61)) and {most for _, most in seen} == {60}
    assert model.history == tuple(report for report, _ in seen)
    assert model.history[-1].loss < 0.7 * model.history[0].loss


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"task": "order"}, "no task called 'order'; did you mean 'ordered'"),
        ({"kept": 41}, "kept=41 of samples=40"),
        ({"factors": 0}, "factors=0"),
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, int], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        FM(replace(SHORT, **wrong)).fit(ratings().data, RUN)


def test_numbers_that_are_no_grades_are_sent_to_regression() -> None:
    log = log_of([(u, i, u + i / 100) for u in range(10) for i in range(10)], 10, 10)
    with pytest.raises(UsageError, match=r"100 values, .* set model\.task=regression"):
        FM(SHORT).fit(planted(log, [0] * 10).data, RUN)
