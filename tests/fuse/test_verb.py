"""`fuse` from settings to a run folder, on generated data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recx import store
from recx.config.compose import compose
from recx.data import user_batches
from recx.errors import DataError, UsageError
from recx.fuse import fuse
from recx.fuse.config import FuseConfig
from recx.fuse.learning import Learning
from recx.fuse.runs import FuseRun, open_fusion
from recx.fuse.served import serve
from recx.metrics.measure import rating_questions
from recx.metrics.protocol import Protocol
from recx.prepare import stored

Settings = Callable[..., FuseConfig]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("shop")

    def of(*words: str, bases: str = "[popular,personal,item_knn]") -> FuseConfig:
        places = [f"data_dir={home}/prepared", f"results={home}/results"]
        small = [
            "dataset=synthetic",
            "dataset.n_users=150",
            "dataset.n_items=60",
            "threads=1",
            "fuser.trees=40",
            "fuser.bags=1",
        ]
        composed: FuseConfig = compose("fuse", [*small, *places, f"bases={bases}", *words]).settings
        return composed

    return of


@pytest.fixture(scope="module")
def done(settings: Settings) -> FuseRun:
    return fuse(settings())


def test_a_fusion_leaves_its_stacker_its_features_and_its_attribution(done: FuseRun) -> None:
    names = {path.name for path in done.folder.iterdir()}
    assert {"manifest.json", "config.yaml", "meta.txt", "features.json", "attribution.csv"} <= names
    assert done.fusion.labels == {
        "popular": "base", "personal": "base", "item_knn": "base",
        "stack": "fusion", "rrf": "blend", "combsum": "blend", "mean": "blend",
    }  # fmt: skip
    assert 0 < (done.fusion.candidate_recall or 0) <= 1
    assert "ndcg@10" in done.summary()[0]


def test_the_same_command_does_nothing_twice(done: FuseRun, settings: Settings) -> None:
    assert fuse(settings()).folder == done.folder
    assert fuse(settings("fuser.leaves=3")).folder != done.folder


def test_finished_runs_give_the_same_fusion_as_their_settings(done: FuseRun, settings: Settings) -> None:
    runs = ",".join(str(run) for run in done.fusion.base_runs.values())
    again = fuse(settings(f"runs=[{runs}]"))
    assert (again.folder / "meta.txt").read_bytes() == (done.folder / "meta.txt").read_bytes()


def test_recommendations_follow_the_scores_and_the_candidate_policy(
    done: FuseRun, settings: Settings
) -> None:
    fused = fuse(settings("repeat=new")).fusion
    data = stored.load(fused.dataset)
    fold = data.split.final
    allowed = Protocol.read(fused.protocol).allowed(data, fold)
    batch = next(user_batches(fold.users, fold.history, fold.known_at, 64))
    lists = serve(fused, batch, 10, allowed).lists
    scores = dict(fused.score_all(batch, allowed))["stack"]
    in_lists = np.take_along_axis(scores, lists.items.astype(np.int64), axis=1)
    assert np.array_equal(in_lists, -np.sort(-scores, axis=1)[:, :10])
    own = batch.histories.matrix(data.n_items).toarray() > 0
    assert not own[np.arange(len(batch))[:, None], lists.items].any()


def test_ratings_are_fused_by_regression(settings: Settings) -> None:
    words = ("dataset.feedback=explicit", "split=random")
    fused = fuse(settings(*words, bases="[svd,user_knn]")).fusion
    assert set(fused.parts) == {"ranking", "rating"}
    assert fused.parts["rating"].sanity.metric == "rmse"
    data = stored.load(fused.dataset)
    batch, pairs, rows = next(rating_questions(data.split.final.target, data.split.final))
    ratings = fused.rate_all(batch, pairs)
    assert list(ratings) == ["svd", "user_knn", "stack", "mean"]
    errors = {label: float(np.sqrt(np.mean((found - rows.values) ** 2))) for label, found in ratings.items()}
    assert errors["stack"] < 1.03 * min(errors["svd"], errors["user_knn"])


def test_an_interrupted_fusion_is_not_read_and_its_bases_are_not_trained_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings("seed=3")
    trained = Path(config.results) / "train"

    def cut(self: Learning) -> None:
        store.write_text(self.record.folder / "meta.txt", "tree")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Learning, "make", cut)
        with pytest.raises(KeyboardInterrupt):
            fuse(config)
    before = sorted(trained.iterdir())
    left = [path for path in (Path(config.results) / "fuse").iterdir() if (path / "meta.txt").is_file()
            and (path / "meta.txt").read_text() == "tree"]  # fmt: skip
    with pytest.raises(DataError, match="not a finished run"):
        open_fusion(left[0])
    finished = fuse(config)
    assert finished.folder not in left
    assert sorted(trained.iterdir()) == before


def test_a_stacker_edited_by_hand_is_refused(settings: Settings) -> None:
    run = fuse(settings("fuser.leaves=4"))
    with open(run.folder / "meta.txt", "a") as file:
        file.write("\n")
    with pytest.raises(DataError, match="was changed after the run had finished"):
        open_fusion(run.folder)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["top=5"], "top=5: lists of 20 need 20 or more"),
        (["fuser.holdout=1"], "fuser.holdout=1: expected a share"),
        (["fuser.features=[base,prices]"], "fuser.features=prices: expected some of base, user, item, pair"),
        (["fuser.features=[item]"], "leaves nothing to fuse"),
        (["fuser.objective=rank"], "expected one of auto, lambdarank"),
        (["split.watch=valid"], "fuse needs split.watch=inner"),
        (["bases=[popular@rrf,personal]"], "a base cannot be called 'rrf'"),
        (["bases=[]"], "there is nothing to fuse"),
    ],
)
def test_settings_out_of_range_are_one_line(settings: Settings, words: list[str], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        fuse(settings(*words))
    assert says in str(caught.value)
