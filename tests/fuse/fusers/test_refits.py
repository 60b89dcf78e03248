"""boosting and bagging: fusers that train their bases in ways of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from recx.config.compose import compose
from recx.errors import UsageError
from recx.fuse import fuse
from recx.fuse.config import FuseConfig
from recx.fuse.fusers.bagging import Bagging
from recx.fuse.fusers.boosting import Boosting
from recx.fuse.fusers.config import BaggingConfig, BoostingConfig
from recx.fuse.table import Rows
from recx.metrics.measure import rating_questions
from recx.metrics.protocol import Protocol
from recx.prepare import stored
from tests.fuse.tables import lesson, rated, scored, with_labels

Settings = Callable[..., FuseConfig]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("shop")
    small = ["dataset=synthetic", "dataset.n_users=150", "dataset.n_items=60", "threads=1"]
    places = [f"data_dir={home}/prepared", f"results={home}/results"]

    def of(*words: str) -> FuseConfig:
        composed: FuseConfig = compose("fuse", [*small, *places, *words]).settings
        return composed

    return of


RATINGS = ("dataset.feedback=explicit", "split=random")


def named(rows: Rows, *labels: str) -> Rows:
    return replace(rows, votes=replace(rows.votes, labels=labels))


def test_a_sum_is_taken_apart_into_what_each_base_adds() -> None:
    rows = named(rated([[3, 9, 9, 3.5, 4], [2, 9, 9, 1.5, 1]]), "a", "b", "c", "a+b", "a+b+c")
    fuser = Boosting(BoostingConfig())
    fuser.steps = 3
    assert fuser.score(rows).tolist() == [4, 1]
    parts = fuser.parts(rows)
    assert parts.groups == ("a", "b", "c") and parts.values.tolist() == [[3, 0.5, 0.5], [2, -0.5, -0.5]]
    assert parts.total.tolist() == [4, 1]


def test_steps_that_make_it_worse_are_not_taken() -> None:
    rows = named(rated([[3, 9, 9, 3.5, 5], [2, 9, 9, 1.5, 4]]), "a", "b", "c", "a+b", "a+b+c")
    table = with_labels(rows, [4, 1])
    fuser = Boosting(BoostingConfig()).fit(replace(table, targets=None), None, lesson(metric="rmse"))
    assert fuser.steps == 2 and fuser.score(rows).tolist() == [3.5, 1.5]
    again = Boosting(BoostingConfig())
    again.restore(fuser.arrays())
    assert again.score(rows).tolist() == [3.5, 1.5]


def test_copies_are_averaged_without_the_base_and_without_those_that_do_not_know_the_user() -> None:
    knows = np.array([[True, True, True], [True, False, True], [True, False, False]])
    rows = named(scored([[9, 1, 2], [9, 1, 2], [9, 1, 2]], knows=knows), "svd", "svd-copy1", "svd-copy2")
    fuser = Bagging(BaggingConfig())
    assert fuser.score(rows) == pytest.approx([1.5, 2, 1.5])
    assert fuser.parts(rows).groups == ("svd-copy1", "svd-copy2")


@pytest.mark.parametrize("windows", ["holdout", "kfold"])
def test_boosting_adds_up_what_bases_learn_of_the_rest(settings: Settings, windows: str) -> None:
    words = (*RATINGS, f"windows={windows}", "fuser=boosting", "bases=[bias@start,slope_one,svd]")
    quick = (
        "bases.svd.factors=4",
        "bases.svd.epochs=5",
        *(["windows.folds=2"] if windows == "kfold" else []),
    )
    fusion = fuse(settings(*words, *quick)).fusion
    assert list(fusion.base_runs) == ["start", "slope_one", "svd", "start+slope_one", "start+slope_one+svd"]
    assert fusion.labels == {
        "start": "base", "slope_one": "base", "svd": "base", "boosting": "fusion", "mean": "blend"
    }  # fmt: skip
    assert set(fusion.parts) == {"rating"}
    sanity = fusion.parts["rating"].sanity
    assert set(sanity.values) == {"start", "slope_one", "svd", "mean", "boosting"}
    data = stored.load(fusion.data)
    batch, pairs, _ = next(rating_questions(data.split.final.target, data.split.final))
    found = fusion.rate_all(batch, pairs)
    assert list(found) == ["start", "slope_one", "svd", "boosting", "mean"]
    bases = [found[label] for label in ("start", "slope_one", "svd")]
    assert found["mean"] == pytest.approx(np.mean(bases, axis=0), abs=1e-5)
    # it stands in a report of rankings by its ratings of everything
    fold = data.split.final
    allowed = Protocol.read(fusion.protocol).allowed(data, fold)
    scores = dict(fusion.score_all(batch, allowed))
    assert list(scores) == ["start", "slope_one", "svd", "boosting", "mean"]
    open_to = scores["boosting"][pairs.row, pairs.item] > -np.inf
    assert open_to.any()
    assert scores["boosting"][pairs.row, pairs.item][open_to] == pytest.approx(found["boosting"][open_to])
    if sanity.fallback is None:
        steps = fusion.fuser("rating").steps
        whole = list(fusion.base_runs)[0 if steps == 1 else 1 + steps]
        model = fusion.bases("final").models[whole]
        assert found["boosting"] == pytest.approx(model.rate(batch, pairs), abs=1e-5)


def test_bagging_trains_copies_and_compares_them_with_the_base(settings: Settings) -> None:
    words = (*RATINGS, "fuser=bagging", "fuser.copies=4", "bases=[slope_one]")
    fusion = fuse(settings(*words)).fusion
    assert list(fusion.base_runs) == ["slope_one", *(f"slope_one-copy{n}" for n in range(1, 5))]
    assert fusion.labels == {
        "slope_one": "base", "bagging": "fusion", "rrf": "blend", "combsum": "blend", "mean": "blend"
    }  # fmt: skip
    keys = {fusion.base(label).fits["final"].key for label in fusion.base_runs}
    assert len(keys) == 5
    data = stored.load(fusion.data)
    batch, pairs, _ = next(rating_questions(data.split.final.target, data.split.final))
    found, models = fusion.rate_all(batch, pairs), fusion.bases("final").models
    assert list(found) == ["slope_one", "bagging", "mean"]
    copies = [models[f"slope_one-copy{n}"].rate(batch, pairs) for n in range(1, 5)]
    assert found["bagging"] == pytest.approx(np.mean(copies, axis=0), abs=1e-4)
    assert found["mean"] == pytest.approx(found["slope_one"], abs=1e-5)


def test_bagging_a_base_of_high_variance_lowers_its_error(settings: Settings) -> None:
    # factors that begin as noise, of which little is unlearnt in five epochs
    wild = ("bases.svd.factors=20", "bases.svd.init_sd=.4", "bases.svd.epochs=5")
    words = (*RATINGS, "fuser=bagging", "fuser.copies=6", "bases=[svd]", *wild)
    fusion = fuse(settings(*words)).fusion
    data = stored.load(fusion.data)
    batch, pairs, rows = next(rating_questions(data.split.final.target, data.split.final))
    found = fusion.rate_all(batch, pairs)
    errors = {label: np.sqrt(np.mean((ratings - rows.values) ** 2)) for label, ratings in found.items()}
    assert errors["bagging"] < 0.95 * errors["svd"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("fuser=boosting", "bases=[svd]"), "boosting needs two bases or more"),
        (("fuser=boosting", "bases=[svd,ease]"), "boosting fuses ratings, and ease predicts none"),
        (("fuser=boosting", "bases=[svd,slope_one]", "fuser.lr=2"), "fuser.lr=2: expected a share above 0"),
        (("fuser=bagging", "bases=[svd,slope_one]"), "bagging refits one base, not 2"),
        (("fuser=bagging", "bases=[svd]", "fuser.copies=1"), "fuser.copies=1: expected 2 or more"),
    ],
)
def test_bases_that_do_not_fit_are_one_line(settings: Settings, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        fuse(settings(*RATINGS, *words))


def test_events_cannot_be_boosted_and_finished_runs_not_be_refitted(settings: Settings) -> None:
    with pytest.raises(UsageError, match="boosting fuses ratings, and synthetic has none"):
        fuse(settings("fuser=boosting", "bases=[svd,slope_one]"))
    run = fuse(settings("fuser=bagging", "fuser.copies=2", "bases=[popular]")).fusion.base_runs["popular"]
    with pytest.raises(UsageError, match="bagging trains its bases in ways of its own; give bases="):
        fuse(settings("fuser=bagging", f"runs=[{run}]"))
