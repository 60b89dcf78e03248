import pytest

from recx.errors import UsageError
from recx.models.factor.config import ALSConfig
from recx.models.linear.config import EASEConfig
from recx.sweep.config import Interval, SweepConfig
from recx.sweep.search import trial_config, trials


def test_a_grid_is_every_combination_once() -> None:
    config = SweepConfig(space={"model.factors": [32, 64], "model.reg": [0.01, 0.1, 1.0]})
    points = trials(config)
    assert len(points) == 2 * 3
    assert points[0] == {"model.factors": 32, "model.reg": 0.01}
    assert len({tuple(point.values()) for point in points}) == 6


def random_search(count: int, seed: int = 0, **space: object) -> SweepConfig:
    return SweepConfig(search="random", trials=count, seed=seed, space=space)


def test_draws_depend_on_the_seed_and_not_on_how_many_are_asked_for() -> None:
    space = {"model.reg": Interval(1e-4, 1.0, log=True), "model.factors": [8, 16, 32]}
    assert trials(random_search(5, **space)) == trials(random_search(9, **space))[:5]
    assert trials(random_search(5, **space)) != trials(random_search(5, 1, **space))
    turned = dict(reversed(space.items()))
    assert trials(random_search(5, **turned)) == trials(random_search(5, **space))


def test_nothing_is_drawn_twice_and_a_small_space_is_used_up() -> None:
    points = trials(random_search(50, **{"model.factors": [8, 16], "model.reg": [1.0, 2.0, 3.0]}))
    assert len(points) == 6
    assert len({tuple(point.values()) for point in points}) == 6


def test_draws_fill_the_interval_evenly_on_its_scale() -> None:
    drawn = [float(p["x"]) for p in trials(random_search(400, x=Interval(0.001, 10.0, log=True)))]  # type: ignore[arg-type]
    assert 0.001 <= min(drawn) < 0.0012 and 8 < max(drawn) <= 10
    assert 160 < sum(x < 0.1 for x in drawn) < 240
    even = [float(p["x"]) for p in trials(random_search(400, x=Interval(0.0, 10.0)))]  # type: ignore[arg-type]
    assert 160 < sum(x < 5 for x in even) < 240


@pytest.mark.parametrize("log", [True, False])
def test_whole_numbers_reach_both_ends(log: bool) -> None:
    points = trials(random_search(100, x=Interval(1, 4, log=log, whole=True)))
    assert sorted(point["x"] for point in points) == [1, 2, 3, 4]  # type: ignore[type-var]
    assert all(isinstance(point["x"], int) for point in points)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (SweepConfig(), "nothing to sweep"),
        (SweepConfig(space={"model.reg": Interval(0.1, 1.0)}), "a grid needs values"),
        (SweepConfig(space={"model.reg": []}), "no values"),
        (SweepConfig(space={f"x{n}": [1, 2] for n in range(14)}), "16384 combinations"),
        (SweepConfig(search="gird", space={"model.reg": [1]}), "did you mean 'grid'"),
        (random_search(0, x=[1]), "expected 1 to"),
        (random_search(3, x=Interval(2.0, 1.0)), "the lower end first"),
        (random_search(3, x=Interval(0.0, 1.0, log=True)), "begins above 0"),
        (random_search(3, x=Interval(0.5, 3.0, whole=True)), "whole number"),
    ],
)
def test_a_space_that_cannot_be_searched_is_one_line(config: SweepConfig, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        trials(config)


def test_a_trial_changes_its_settings_and_no_others() -> None:
    config = SweepConfig(model=ALSConfig(reg=3.0), seed=4)
    asked = trial_config(config, {"model.factors": 7, "seed": 5})
    assert (asked.model.factors, asked.model.reg, asked.seed) == (7, 3.0, 5)
    assert (config.model.factors, config.seed) == (ALSConfig().factors, 4)


def test_models_keep_their_own_settings() -> None:
    config = SweepConfig(models={"als": ALSConfig(reg=3.0), "ease": EASEConfig()}, space={"seed": [1, 2]})
    points = trials(config)
    assert len(points) == 4
    models = [trial_config(config, point).model for point in points]
    assert [model.name for model in models] == ["als", "als", "ease", "ease"]
    assert models[0].reg == 3.0 and models[2].reg == EASEConfig().reg


@pytest.mark.parametrize("key", ["model.factor", "model.factors.more", "modle"])
def test_a_setting_that_does_not_exist_is_named(key: str) -> None:
    with pytest.raises(UsageError, match=f"no setting '{key}'"):
        trial_config(SweepConfig(model=ALSConfig()), {key: 1})
