"""Lists that are to be more than relevant: floors that hold, what they cost, and the front of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_array

from recx import store
from recx.arrays import Bool, Float32
from recx.data import UserBatch
from recx.errors import UsageError
from recx.fuse.fusers.config import MeanConfig, WeightedConfig
from recx.fuse.fusers.shared import FuserConfig
from recx.fuse.objectives.config import ObjectiveFloors, ObjectiveWeights
from recx.fuse.objectives.items import Goods, check_goods, rarity
from recx.fuse.objectives.pareto import draw, pool_of
from recx.fuse.objectives.rerank import Pool, Reranker, items_of, values
from recx.fuse.served import serve
from recx.metrics.protocol import Protocol
from tests.fuse.conftest import N_ITEMS, N_USERS, SMALL, Fused, World, hints, world
from tests.fuse.tables import lesson, planted

Fuse = Callable[..., Fused]
N, K = 9, 4


def goods(rng: np.random.Generator, n: int = N) -> Goods:
    """Items of which some are of the tail, each in one of four categories, with a margin."""
    kind = csr_array((np.ones(n, np.float32), rng.integers(0, 4, n), np.arange(n + 1)), shape=(n, 4))
    kind.indptr, kind.indices = kind.indptr.astype(np.int64), kind.indices.astype(np.int32)
    margin = rng.integers(0, 9, n).astype(np.float32)
    return Goods(rng.random(n) < 0.4, rng.random(n).astype(np.float32), margin, kind, True)


def pool(rng: np.random.Generator, n: int = N) -> Pool:
    """One user, all items."""
    items = np.arange(n, dtype=np.int32)
    return Pool(np.array([0, n]), items, rng.normal(size=n).astype(np.float32), items)


def lists(at: Pool, of: Goods, **asked: ObjectiveWeights | ObjectiveFloors) -> list[int]:
    weight, floor = asked.get("weight", ObjectiveWeights()), asked.get("floor", ObjectiveFloors())
    made = Reranker(weight, floor, K, of)  # type: ignore[arg-type]
    return made.lists(at)[0].tolist()


@pytest.mark.parametrize("seed", range(6))
def test_a_floor_of_the_tail_takes_the_best_of_all_lists_that_reach_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    of, at = goods(rng), pool(rng)
    for share in (0.0, 0.3, 0.5, 1.0):
        need = min(int(np.ceil(share * K)), int(of.tail.sum()))
        every = [list(each) for each in combinations(range(N), K) if of.tail[list(each)].sum() >= need]
        best = max(every, key=lambda each: at.scores[each].sum())
        assert lists(at, of, floor=ObjectiveFloors(tail_share=share)) == sorted(
            best, key=lambda row: -at.scores[row]
        )


@pytest.mark.parametrize("seed", range(6))
def test_the_lists_of_all_floors_are_the_pareto_front_of_all_lists_there_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    of, at = goods(rng), pool(rng)
    every = [
        (float(at.scores[list(each)].sum()), int(of.tail[list(each)].sum()))
        for each in combinations(range(N), K)
    ]
    unbeaten = {
        (round(a, 4), b)
        for a, b in every
        if not any(c >= a and d >= b and (c, d) != (a, b) for c, d in every)
    }
    ours = set()
    for count in range(K + 1):
        rows = lists(at, of, floor=ObjectiveFloors(tail_share=count / K))
        ours.add((round(float(at.scores[rows].sum()), 4), int(of.tail[rows].sum())))
    assert ours == unbeaten


def test_the_front_that_is_drawn_is_what_no_other_point_beats() -> None:
    table = planted(np.random.default_rng(0), (1.5,), users=40)
    contest = lesson().judge.on(table)
    at = pool_of(contest, table.votes.standard[:, 0])
    made = Reranker(
        ObjectiveWeights(coverage=0.3, margin=0.1), ObjectiveFloors(tail_share=0.5), 10,
        goods(np.random.default_rng(1), 30),
    )  # fmt: skip
    aims = draw(made, contest, at, 30)
    assert [each.objective for each in aims.tradeoffs] == ["tail_share", "coverage", "margin"]
    for each in aims.tradeoffs:
        points = [(point.relevance, point.value) for point in each.points]
        for point, best in zip(points, (one.best for one in each.points), strict=True):
            beaten = any(a >= point[0] and b >= point[1] and (a, b) != point for a, b in points)
            assert best is not beaten
        assert sum(point.chosen for point in each.points) == 1
    tail = aims.tradeoffs[0]
    assert tail.chosen.floor == 0.5 and tail.chosen.value >= 0.5 > tail.free.value
    # the others are as they were asked for, and the list of nothing but relevance is the fuser's
    plain = Reranker(ObjectiveWeights(), ObjectiveFloors(), 10, made.goods)
    assert contest.value(plain.order(at)) == contest.value(table.votes.standard[:, 0])


@pytest.mark.parametrize("name", ["diversity", "margin"])
def test_other_floors_are_reached_wherever_any_list_reaches_them_and_touch_no_list_that_does(
    name: str,
) -> None:
    lost = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        of, at = goods(rng), pool(rng)
        every = np.array(list(combinations(range(N), K)), dtype=np.int32)
        reached, sums = values(name, every, of), at.scores[every].sum(axis=1)
        least = float(np.quantile(reached, 0.8))
        floor = ObjectiveFloors(**{name: least})
        made = Reranker(ObjectiveWeights(), floor, K, of)
        rows = made.lists(at)
        assert values(name, items_of(at, rows), of)[0] >= least - 1e-6
        assert not made.missed(at, rows)[name].any()
        lost.append(sums[reached >= least - 1e-6].max() - at.scores[rows[0]].sum())
        free = lists(at, of)
        if values(name, np.array([free], dtype=np.int32), of)[0] >= least:
            assert rows[0].tolist() == free
    # the best list is found most times, and others are near it
    assert np.mean(np.array(lost) < 1e-4) > 0.5 and np.mean(lost) < 0.5


def test_a_list_that_cannot_reach_a_floor_goes_as_far_as_it_can() -> None:
    rng = np.random.default_rng(0)
    of, at = goods(rng), pool(rng)
    of = replace(of, tail=np.arange(N) == 7)
    made = Reranker(ObjectiveWeights(), ObjectiveFloors(tail_share=0.5, margin=99.0), K, of)
    rows = made.lists(at)
    assert 7 in rows[0] and made.missed(at, rows) == {"tail_share": [True], "margin": [True]}
    assert sorted(of.margin[rows[0][rows[0] != 7]]) == sorted(np.delete(of.margin, 7))[-3:]
    empty = Pool(np.array([0, 0]), np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.int32))
    assert made.lists(empty).tolist() == [[-1] * K] and len(made.order(empty)) == 0


def test_items_that_are_listed_seldom_earn_more() -> None:
    found = rarity(np.array([[0, 1], [0, 2], [0, -1]], dtype=np.int32), 4)
    assert found[0] == 0 and 0 < found[1] == found[2] < 1 and found[3] == 1


def two(rng: np.random.Generator, taken: Bool) -> dict[str, Float32]:
    even = np.broadcast_to(np.arange(N_ITEMS) % 2 == 0, (N_USERS, N_ITEMS))
    return {"even": hints(rng, taken, even), "odd": hints(rng, taken, ~even)}


@pytest.mark.parametrize("settings", [MeanConfig(), WeightedConfig(), replace(SMALL, trees=1, leaves=2)])
def test_evaluation_and_recommendation_use_the_same_lists_and_they_reach_the_floor(
    fused: Fuse, settings: FuserConfig
) -> None:
    at: World = world(two)
    at = replace(at, known={"odd": np.arange(N_USERS) != 3})
    settings = replace(settings, floor=ObjectiveFloors(tail_share=0.6), length=5)
    done = fused(at, settings, top=10)
    fusion, fold = done.fusion, at.dataset.split.final
    reranker = fusion.reranker("final")
    assert reranker is not None and fusion.aims is not None
    assert 0 < reranker.goods.tail.sum() < N_ITEMS
    users = np.arange(40, dtype=np.int32)
    batch = UserBatch(users, fold.history.histories().take(users))
    allowed = Protocol.read(fusion.protocol).allowed(at.dataset, fold)
    served = serve(fusion, batch, 8, allowed, explain=True)
    scores = dict(fusion.score_all(batch, allowed))[settings.name]
    assert np.array_equal((-scores).argsort(axis=1, kind="stable")[:, :8], served.lists.items)
    asked, _ = fusion.ask(batch, allowed, "final", dict(fusion.bases("final").scores(batch, allowed)))
    there = np.bincount(asked.candidates.rows, reranker.goods.tail[asked.candidates.items])
    assert (there < 3).any() and (there >= 3).any()
    listed = reranker.goods.tail[served.lists.items[:, :5]].sum(axis=1)
    assert (listed >= np.minimum(there, 3)).all()
    assert served.missed == {"tail_share": (there < 3).sum()}
    # a shorter list reaches the floor too
    short = serve(fusion, batch, 2, allowed).lists.items
    assert (reranker.goods.tail[short].sum(axis=1) >= np.minimum(there, 2)).all()
    assert 0 < fusion.aims.missed["tail_share"] < fusion.aims.lists
    assert any("reach the floor of tail_share; the candidates of" in line for line in fusion.aims.lines())
    assert store.read_json(fusion.folder / "pareto.json")["tradeoffs"][0]["objective"] == "tail_share"
    told = [sum(one.parts.values()) for one in served.told[5]]
    assert told == pytest.approx(served.lists.scores[5].tolist(), abs=1e-4)


def test_wrong_weights_and_floors_are_one_line() -> None:
    for wrong, told in (
        (
            MeanConfig(weight=ObjectiveWeights(diversity=-1)),
            r"fuser\.weight\.diversity=-1: expected 0 or more",
        ),
        (
            MeanConfig(floor=ObjectiveFloors(tail_share=20)),
            r"fuser\.floor\.tail_share=20: .* share from 0 to 1",
        ),
        (MeanConfig(length=0), r"fuser\.length=0: expected 1 or more"),
    ):
        with pytest.raises(UsageError, match=told):
            wrong.check()
    data = world(two).dataset
    with pytest.raises(UsageError, match="neither an item column 'margin' nor prices"):
        check_goods(data, ["margin"])
    check_goods(data, ["diversity", "tail_share", "coverage"])
