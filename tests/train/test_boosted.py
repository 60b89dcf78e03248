"""Trainings whose rows are changed: ratings less what another run says, and bootstrap samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.arrays import Float32
from recx.config.compose import compose
from recx.data import Pairs, UserBatch
from recx.errors import UsageError
from recx.metrics.measure import rating_questions
from recx.models import create
from recx.models.base import RunOptions, item_shares
from recx.models.baseline.config import BiasConfig
from recx.prepare import stored
from recx.train import train
from recx.train.boosted import Boosted, left_over
from recx.train.resampled import resampled
from recx.train.runs import TrainRun, load_model
from tests.synthetic import Told, dataset

Train = Callable[..., TrainRun]
RATINGS = ("dataset.feedback=explicit", "split=random")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Train:
    home = tmp_path_factory.mktemp("shop")
    small = ["dataset=synthetic", "dataset.n_users=150", "dataset.n_items=60", "threads=1", *RATINGS]
    places = [f"data_dir={home}/prepared", f"results={home}/results"]

    def make(*words: str) -> TrainRun:
        return train(compose("train", [*small, *places, *words]).settings)

    return make


@dataclass(eq=False)
class Echo(Told):
    """Rates an item with the mean of the ratings in the history it is asked with."""

    def __init__(self, n_items: int) -> None:
        super().__init__(np.zeros((1, n_items)))

    def rate(self, batch: UserBatch, pairs: Pairs) -> Float32:
        histories = batch.histories
        sums = np.bincount(histories.rows, histories.values, minlength=len(batch))
        return (sums / np.maximum(histories.lengths, 1))[pairs.row].astype(np.float32)


def test_what_is_left_over_is_the_rating_less_what_was_said_of_it() -> None:
    data = dataset([(0, 0, 5.0), (0, 1, 3.0), (1, 0, 2.0)], [(0, 2, 4.0)], [(1, 1, 1.0)], 2, 3,
                   value_range=(1, 5))  # fmt: skip
    told = Told([[4.0, 3.5, 1.0], [2.5, 0.0, 0.0]])
    fold = left_over(data.split.valid, told)
    assert fold.fit.values.tolist() == [1.0, -0.5, -0.5]
    assert fold.history.values.tolist() == [1.0, -0.5, -0.5] and fold.target.values.tolist() == [3.0]
    # test is not looked at
    assert left_over(data.split.final, told).target.values.tolist() == [1.0]


def test_a_sum_hands_on_histories_of_what_is_left_over() -> None:
    data = dataset([(0, 0, 5.0), (0, 1, 3.0), (1, 0, 2.0)], [(0, 2, 4.0)], [(1, 1, 1.0)], 2, 3,
                   value_range=(1, 5))  # fmt: skip
    told = Told([[4.0, 3.5, 1.0], [2.5, 0.0, 0.0]])
    model = Boosted(told, Echo(3), 0.5)
    batch, pairs, _ = next(rating_questions(data.split.valid.target, data.split.valid))
    # 1 by the first, and half of the mean of 5 - 4 and 3 - 3.5
    assert model.rate(batch, pairs).tolist() == [1 + 0.5 * 0.25]
    assert model.score(batch)[0].tolist() == pytest.approx([4.125, 3.625, 1.125])


def test_a_run_after_another_predicts_the_sum_and_says_so_of_valid(made: Train) -> None:
    bias = made("model=bias")
    run = made("model=svd", "model.factors=4", "model.epochs=4", f"after={bias.folder}", "after_lr=.5")
    data = stored.load(run.dataset)
    fold = data.split.valid
    model, earlier = load_model(run, fold.name), load_model(bias, fold.name)
    assert isinstance(model, Boosted)
    batch, pairs, rows = next(rating_questions(fold.target, fold))
    expected = earlier.rate(batch, pairs) + 0.5 * model.model.rate(batch, pairs)
    assert_allclose(model.rate(batch, pairs), expected, rtol=1e-6)
    error = np.clip(model.rate(batch, pairs), 1, 5) - rows.values
    assert run.valid["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)), abs=1e-5)
    # what is left over of the bias has about no mean, and the fit found that
    assert abs(float(model.model.mean)) < 0.05  # type: ignore[attr-defined]


def test_a_chain_is_made_once_and_again_when_what_is_before_it_differs(made: Train) -> None:
    first, other = made("model=bias"), made("model=bias", "model.reg_user=50")
    words = ("model=slope_one",)
    one, two = made(*words, f"after={first.folder}"), made(*words, f"after={other.folder}")
    assert one.folder != two.folder != made(*words).folder
    assert made(*words, f"after={first.folder}").folder == one.folder
    assert one.fits["final"].key != two.fits["final"].key
    # two steps behind, what is different still counts; the epochs are selected though neither run before
    # has a fit for that
    quick = ("model=svd", "model.factors=2", "model.epochs=2")
    ends = [made(*quick, f"after={each.folder}") for each in (one, two)]
    assert ends[0].fits["select"].key != ends[1].fits["select"].key
    assert load_model(ends[0], "final").earlier.earlier.config == BiasConfig()  # type: ignore[attr-defined]


def test_no_step_sees_the_labels_of_its_window(made: Train) -> None:
    """Other labels, the same fits: of the bias, of what it leaves over, of what is learnt from that."""
    run = made("model=slope_one", f"after={made('model=bias').folder}")
    data = stored.load(run.dataset)
    fold = data.split.valid
    changed = replace(fold, target=replace(fold.target, values=6 - fold.target.values))
    found = []
    for each in (fold, changed):
        bias = create(BiasConfig()).fit(data.training_data(each), RunOptions())
        rows = left_over(each, bias)
        found.append(create(run.model).fit(data.training_data(rows), RunOptions()).arrays())
    for name, array in found[0].items():
        assert_array_equal(array, found[1][name])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("model=ease",), "ease predicts no ratings of"),
        (("model=svd", "after_lr=0"), "after_lr=0: expected a share above 0"),
        (("model=svd", "metric=ndcg@10"), "metric=ndcg@10: what a run leaves over is measured by rmse"),
        (("model=svd", "split.valid=.2"), "was trained on other data than"),
    ],
)
def test_what_cannot_come_after_a_run_is_one_line(made: Train, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        made(*words, f"after={made('model=bias').folder}")


def test_a_bootstrap_sample_has_as_many_rows_in_their_order(made: Train) -> None:
    run = made("model=bias", "bootstrap=2")
    data = stored.load(run.dataset)
    given = data.training_data(data.split.valid)
    drawn = resampled(given, 2, run.seed).interactions
    log = given.interactions
    assert len(drawn) == len(log) and (np.diff(drawn.users) >= 0).all()
    pairs = {(u, i) for u, i in zip(log.users.tolist(), log.items.tolist(), strict=True)}
    held = {(u, i) for u, i in zip(drawn.users.tolist(), drawn.items.tolist(), strict=True)}
    # 1 - 1/e of the rows are drawn at all
    assert held <= pairs and len(held) / len(pairs) == pytest.approx(1 - np.exp(-1), abs=0.03)
    other = resampled(given, 3, run.seed).interactions
    assert not np.array_equal(drawn.items, other.items)
    assert resampled(given, 0, run.seed) is given
    # the fit is that of the sample, and what it falls back to is what was drawn from
    model = load_model(run, "window-0")
    expected = create(BiasConfig()).fit(replace(given, interactions=drawn), RunOptions())
    assert_array_equal(model.arrays()["items"], expected.arrays()["items"])
    assert_array_equal(model.popularity, item_shares(log))


def test_a_sample_is_another_fit(made: Train) -> None:
    runs = [made("model=bias", f"bootstrap={number}") for number in (0, 1, 2)]
    assert len({run.fits["final"].key for run in runs}) == 3
    with pytest.raises(UsageError, match="bootstrap=-1: expected the number of a sample, 0 for none"):
        made("model=bias", "bootstrap=-1")
