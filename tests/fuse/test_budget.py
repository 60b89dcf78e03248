"""A budget: the cheapest bases whose fusion is nearly as good as any, as trying every set finds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from recx.arrays import Bool, Float32
from recx.errors import UsageError
from recx.fuse import budget, cheapest
from recx.fuse.budget import Bases, Budget, Cost, choose
from recx.fuse.front import front
from recx.fuse.fusers.config import GreedyConfig, LayeredConfig, LinearConfig, MeanConfig, WeightedConfig
from recx.fuse.fusers.shared import FuserConfig
from recx.metrics import parse
from recx.train.runs import Fit, TrainRun
from tests.fuse.conftest import N_ITEMS, N_USERS, SMALL, Fused, World, hints, world
from tests.fuse.tables import lesson, planted_ratings
from tests.synthetic import ToldConfig

EVEN = np.broadcast_to(np.arange(N_ITEMS) % 2 == 0, (N_USERS, N_ITEMS))
NDCG = parse("ndcg@10")


def found(costs: dict[str, Cost], value: Callable[[Bases], float], margin: float, **how: str) -> Budget:
    return choose(costs, value, margin, how.get("unit", "seconds"), parse(how.get("metric", "ndcg@10")), "")


def drawn(seed: int, n: int) -> tuple[dict[str, Cost], Callable[[Bases], float]]:
    """Bases that tell some of ten things each, and what they cost."""
    rng = np.random.default_rng(seed)
    costs = {label: Cost(*rng.exponential(10.0, 2)) for label in "abcdefgh"[:n]}
    tells = {label: rng.random(10) * (rng.random(10) < 0.5) for label in costs}
    return costs, lambda bases: float(np.max([tells[label] for label in bases], axis=0).sum())


@pytest.mark.parametrize("unit", ["seconds", "milliseconds"])
@pytest.mark.parametrize("seed", range(8))
def test_the_choice_is_that_of_trying_every_set(seed: int, unit: str) -> None:
    costs, value = drawn(seed, 5)
    every = [bases for size in range(1, 6) for bases in combinations(costs, size)]
    best = max(map(value, every))
    enough = [bases for bases in every if value(bases) >= 0.9 * best]
    least = min(sum(getattr(costs[label], unit) for label in bases) for bases in enough)
    done = found(costs, value, 0.1, unit=unit)
    assert getattr(done.choice, unit) == pytest.approx(least)
    assert done.choice.value >= 0.9 * best and done.every and done.tried == 31
    # and the table holds what nothing is cheaper and better than
    prices = [(-sum(getattr(costs[label], unit) for label in bases), value(bases)) for bases in every]
    beaten = [
        any(a >= c and b >= d and (a, b) != (c, d) for a, b in prices) for c, d in prices
    ]  # written out again, pair by pair
    assert {each.bases for each in done.sets} == {
        bases for bases, worse in zip(every, beaten, strict=True) if not worse
    }


def test_leaving_out_step_by_step_finds_nearly_what_every_set_would(monkeypatch: pytest.MonkeyPatch) -> None:
    gaps = []
    for seed in range(20):
        costs, value = drawn(seed, 8)
        monkeypatch.setattr(budget, "FEW", 8)
        exact = found(costs, value, 0.1)
        monkeypatch.setattr(budget, "FEW", 2)
        stepped = found(costs, value, 0.1)
        assert not stepped.every and stepped.tried < exact.tried / 2
        gaps.append(stepped.choice.seconds / exact.choice.seconds)
    assert np.mean(np.isclose(gaps, 1)) >= 0.7 and np.mean(gaps) < 1.15


def test_of_errors_the_smaller_is_the_better_and_no_margin_gives_up_nothing() -> None:
    costs = {"a": Cost(1.0, None), "b": Cost(2.0, None), "c": Cost(4.0, None)}

    def error(bases: Bases) -> float:
        return 1.0 - 0.1 * ("b" in bases) - 0.001 * ("c" in bases)

    assert found(costs, error, 0.0, metric="rmse").choice.bases == ("b", "c")
    assert found(costs, error, 0.01, metric="rmse").choice.bases == ("b",)
    loose = found(costs, error, 0.5, metric="rmse")
    assert loose.choice.bases == ("a",) and loose.left_out == ("b", "c")
    assert "a reaches rmse 1.0000, 1.0 s of training instead of 7.0 s" in loose.words()
    assert [line.split()[0] for line in loose.lines()] == ["bases", "▸", "b", "b"]
    assert loose.lines()[1].split() == ["▸", "a", "1.0", "–", "1.0000"]


def test_equal_points_are_both_kept_and_worse_ones_are_not() -> None:
    points = [(1, 1), (2, 0), (1, 1), (0, 2), (1, 0), (0, 0)]
    assert front(points).tolist() == [True, True, True, True, False, False]


FUSERS = [
    replace(SMALL, trees=15),
    LinearConfig(),
    WeightedConfig(),
    GreedyConfig(bags=2),
    LayeredConfig(level0=["weighted", "greedy"], folds=2),
    MeanConfig(),
]


@pytest.mark.parametrize("settings", FUSERS, ids=lambda made: made.name)
def test_of_two_copies_the_cheap_one_is_fused_by_every_fuser(
    fused: Callable[..., Fused], monkeypatch: pytest.MonkeyPatch, settings: FuserConfig
) -> None:
    def bases(rng: np.random.Generator, taken: Bool) -> dict[str, Float32]:
        even = hints(rng, taken, EVEN, 4.0)
        return {"dear": even, "cheap": even.copy(), "odd": hints(rng, taken, ~EVEN, 4.0)}

    monkeypatch.setattr(cheapest, "USERS", 150)
    at: World = replace(world(bases), seconds={"dear": 50.0, "cheap": 1.0, "odd": 3.0})
    done = fused(at, replace(settings, budget=0.02))
    assert list(done.fusion.base_runs) == ["cheap", "odd"]
    told = done.fusion.budget
    assert told is not None and told.left_out == ("dear",) and told.tried == 7
    assert (told.choice.seconds, told.whole.seconds) == (4.0, 54.0)
    assert set(done.ndcg) >= {"cheap", "odd", settings.name} and "dear" not in done.ndcg


def test_ratings_choose_among_the_bases_that_rate(tmp_path: Path) -> None:
    table = planted_ratings(np.random.default_rng(0), (0.3, 0.9, 0.3), (0.0, 0.0, 0.0))

    def run(seconds: float) -> TrainRun:
        fits = {"final": Fit("final", "", 0, seconds, 0.0, (), "")}
        return TrainRun(
            tmp_path, "", ToldConfig(), tmp_path, "", 0, "", False, fits, None, {}, {}, 2 * seconds
        )

    runs = {"a": run(9.0), "b": run(1.0), "c": run(2.0), "popular": run(0.1)}
    valid: object = None  # nothing has to be timed
    config = WeightedConfig(budget=0.6)
    done = cheapest.cheapest(config, runs, valid, [table], lesson(metric="rmse"), print)  # type: ignore[arg-type]
    assert done.choice.bases == ("c",) and done.metric == "rmse"
    assert done.choice.milliseconds == 4.0
    assert done.left_out == ("a", "b", "popular")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"budget": -0.1}, r"fuser\.budget=-0\.1: expected a share from 0 to below 1"),
        ({"budget": 5.0}, r"fuser\.budget=5: expected .* 0\.01 is one percent"),
        ({"cost": "second"}, r"fuser\.cost=second: no such cost; did you mean 'seconds'\?"),
    ],
)
def test_wrong_budgets_are_one_line(settings: dict[str, float], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        MeanConfig(**settings).check()  # type: ignore[arg-type]
