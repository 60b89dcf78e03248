"""A run under the definitions of other libraries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from recx.data import Dataset, UserBatch, user_batches
from recx.errors import UsageError
from recx.evaluate.doctor import doctor, views
from recx.evaluate.doctor.config import DoctorConfig
from recx.metrics.lists import Targets
from tests.evaluate.conftest import Shop
from tests.synthetic import dataset

Open = Callable[[Dataset], Shop]


@pytest.fixture
def opened(open_shop: Open, monkeypatch: pytest.MonkeyPatch) -> Open:
    def made(data: Dataset) -> Shop:
        shop = open_shop(data)
        monkeypatch.setattr("recx.evaluate.doctor.verb.open_source", lambda folder: shop.runs[str(folder)])
        return shop

    return made


def market(repeats: bool) -> Dataset:
    """Everybody has bought items 0 to 4 and buys 3 (again) and two new ones next."""
    bought = [(user, item) for user in range(12) for item in range(5)]
    taken = [(user, item) for user in range(12) for item in (3, 5 + user % 4, 9 + user % 3)]
    return dataset(bought, [], taken, 12, 14, repeats=repeats)


def scores(data: Dataset) -> np.ndarray:
    """Prefers what users had, then what they take."""
    table = np.random.default_rng(0).uniform(0, 1, (data.n_users, data.n_items))
    table[:, :5] += 3
    table[data.split.final.target.users, data.split.final.target.items] += 2
    return table


def test_where_everything_may_be_recommended_libraries_that_mask_the_history_see_other_lists(
    opened: Open,
) -> None:
    data = market(repeats=True)
    shop = opened(data)
    found = doctor(DoctorConfig(run=shop.train("m", scores(data)), k=3, threads=1))
    assert (found.entrant, found.repeat, found.n_users) == ("m", "allow", 12)
    # the list is 3 and two others that were had already
    assert found.ours["precision"] == pytest.approx(1 / 3)
    assert found.theirs["ranx"]["precision"].reasons == ()
    # without the history both new items come first
    masked = found.theirs["RecBole"]["precision"]
    assert masked.value == pytest.approx(2 / 3)
    assert len(masked.reasons) == 1
    assert "masked" in masked.reasons[0]


def test_a_definition_alone_is_told_from_other_lists(opened: Open) -> None:
    data = market(repeats=False)
    shop = opened(data)
    found = doctor(DoctorConfig(run=shop.train("m", scores(data)), k=1, threads=1))
    assert found.repeat == "new"
    # two new items are to be found, one is listed first: 1 / R and 1 / min(k, R)
    assert (found.ours["map"], found.theirs["RecTools"]["map"].value) == (1, 1 / 2)
    assert found.theirs["RecTools"]["map"].reasons == ("over R, not min(k, R) (divide_by_k=False)",)
    # item 3, which everybody had, stays among what RecBole looks for: recall is 1/3 instead of 1/2
    assert found.theirs["RecBole"]["recall"].value == pytest.approx(1 / 3)
    assert len(found.theirs["RecBole"]["recall"].reasons) == 1
    assert found.theirs["RecBole"]["precision"].reasons == ()


def test_targets_are_ranked_among_drawn_candidates_which_nobody_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "CANDIDATES", 8)
    data = market(repeats=False)
    fold = data.split.final
    (batch,) = user_batches(fold.users, fold.history, None)
    assert isinstance(batch, UserBatch)
    taken = fold.target.matrix("binary")
    targets = Targets(fold.users, taken.indptr.astype(np.int64), taken.indices.astype(np.int32), taken.data)
    table = scores(data).astype(np.float32)
    order = np.arange(14, dtype=np.int32)
    drawn = views.among_drawn(table, batch, targets, order, np.random.default_rng(0), 14)
    for user, row in enumerate(drawn):
        listed = row[row >= 0]
        wanted = set(taken.indices[taken.indptr[user] : taken.indptr[user + 1]].tolist())
        # three targets and five draws, one drawn again stands behind the id space
        assert len(listed) == 8
        assert len(set(listed.tolist())) == 8
        real = listed[listed < 14]
        assert wanted <= set(real.tolist())
        assert not set(real.tolist()) & (set(range(5)) - wanted)
        assert np.all(np.diff(table[user, real]) <= 0)


def test_the_same_seed_draws_the_same_candidates(opened: Open) -> None:
    data = market(repeats=True)
    shop = opened(data)
    config = DoctorConfig(run=shop.train("m", scores(data)), k=3, threads=1)
    # not a number, as the F1 of DaisyRec may be, is never equal to itself
    assert repr(doctor(config)) == repr(doctor(config))


def test_the_fusion_of_a_fuse_run_is_meant_unless_another_entrant_is_named(opened: Open) -> None:
    data = market(repeats=True)
    shop = opened(data)
    base = shop.train("good", scores(data))
    fused = shop.fuse({"good": base}, {"stack": scores(data), "rrf": -scores(data)}, "allow")
    assert doctor(DoctorConfig(run=fused, k=3, threads=1)).entrant == "stack"
    assert doctor(DoctorConfig(run=fused, k=3, threads=1, entrant="rrf")).ours["precision"] < 1 / 3
    with pytest.raises(UsageError, match=r"entrant=rff: .* has none; did you mean 'rrf'"):
        doctor(DoctorConfig(run=fused, entrant="rff"))


@pytest.mark.parametrize(
    ("settings", "answer"),
    [({}, "run=: name a run"), ({"run": "x", "k": 0}, "k=0: expected a cut-off of 1 or more")],
)
def test_what_cannot_be_is_told(settings: dict[str, object], answer: str) -> None:
    with pytest.raises(UsageError, match=answer):
        doctor(DoctorConfig(**settings))  # type: ignore[arg-type]
