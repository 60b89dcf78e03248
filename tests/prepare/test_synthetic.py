"""The generated shop is what it says it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recx.data import Dataset
from recx.errors import UsageError
from recx.prepare import prepare
from recx.prepare.config import PrepareConfig
from recx.prepare.sources.config import SyntheticConfig
from recx.prepare.sources.synthetic import truth
from recx.prepare.split.config import TimeSplit

SHOP = SyntheticConfig()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return made(SHOP, tmp_path_factory.mktemp("shop"))


def made(config: SyntheticConfig, folder: Path) -> Dataset:
    return prepare(PrepareConfig(config, TimeSplit(), 0, str(folder)), dry_run=True)


def test_purchases_stay_inside_the_taste(shop: Dataset) -> None:
    known = truth(SHOP)
    fit = shop.split.final.fit
    inside = known.user_cluster[fit.users] == known.item_cluster[fit.items]
    # what strays drags its successors along: fewer than loyalty would say, far more than one in eight
    assert inside.mean() > 0.7


def test_successors_follow_far_more_often_than_chance(shop: Dataset) -> None:
    known = truth(SHOP)
    fit = shop.split.final.fit
    same = fit.users[1:] == fit.users[:-1]
    warm = fit.items[:-1] < SHOP.n_items
    pairs = same & warm
    follows = known.successor[np.minimum(fit.items[:-1], SHOP.n_items - 1)] == fit.items[1:]
    assert follows[pairs].mean() == pytest.approx(SHOP.cycle, abs=0.05)


def test_the_successors_of_a_cluster_are_one_ring() -> None:
    known = truth(SHOP)
    for cluster in range(SHOP.clusters):
        members = set(np.flatnonzero(known.item_cluster[: SHOP.n_items] == cluster))
        seen, item = set(), min(members)
        while item not in seen:
            seen.add(item)
            item = int(known.successor[item])
        assert seen == members


def test_staples_come_back(shop: Dataset) -> None:
    known = truth(SHOP)
    fit = shop.split.final.fit
    staple = (known.staples[fit.users] == fit.items[:, None]).any(axis=1)
    assert staple.mean() > SHOP.staples * 0.9
    assert shop.repeats


def test_cold_items_are_candidates_before_anybody_buys_them(shop: Dataset) -> None:
    final = shop.split.final
    cold = np.arange(SHOP.n_items, SHOP.n_items + SHOP.n_cold)
    assert not np.isin(cold, final.fit.items).any()
    assert np.isin(final.target.items, cold).sum() > 20
    assert shop.catalog.available_from is not None
    assert final.known_at is not None
    assert (shop.catalog.available_from[cold] < shop.split.valid.known_at).all()
    assert (shop.catalog.available_from[cold] > shop.catalog.available_from[0]).all()


def test_attributes_tell_the_cluster(shop: Dataset) -> None:
    known = truth(SHOP)
    assert shop.catalog.items["category"].tolist() == [f"category{c}" for c in known.item_cluster]
    region = shop.catalog.users["region"] == np.array([f"regionn{c}" for c in known.user_cluster], object)
    assert 0.7 < region.mean() < 1
    assert (shop.catalog.items["price"] > 0).all()


def test_ratings_are_one_per_pair_and_know_the_taste(tmp_path: Path) -> None:
    config = replace(SHOP, feedback="explicit")
    rated = made(config, tmp_path)
    assert (rated.value_range, rated.relevant_from, rated.repeats) == ((1, 5), 4, False)
    fit = rated.split.final.fit
    assert len(np.unique(fit.users.astype(np.int64) * fit.n_items + fit.items)) == len(fit)
    assert set(fit.values) == {1, 2, 3, 4, 5}
    known = truth(config)
    inside = known.user_cluster[fit.users] == known.item_cluster[fit.items]
    assert fit.values[inside].mean() > fit.values[~inside].mean() + 1


def test_another_data_seed_is_another_shop_and_the_same_one_the_same(shop: Dataset, tmp_path: Path) -> None:
    again, other = made(SHOP, tmp_path), made(replace(SHOP, data_seed=1), tmp_path)
    assert again.split.final.fingerprint == shop.split.final.fingerprint
    assert other.split.final.fingerprint != shop.split.final.fingerprint


@pytest.mark.parametrize(
    "wrong", [{"clusters": 0}, {"n_items": 3}, {"loyalty": 2.0}, {"cycle": 0.9}, {"days": 0}]
)
def test_shapes_that_cannot_be_are_usage_errors(wrong: dict[str, float], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected|at most"):
        made(replace(SHOP, **wrong), tmp_path)  # type: ignore[arg-type]
