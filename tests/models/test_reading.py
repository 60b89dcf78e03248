"""docs/models.md says what reaches each model: all are fitted on changed logs, and the page compared."""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from recx.data import Interactions
from recx.models import MODELS, config_class, create, model_class
from recx.models.base import ModelConfig, Recommender, RunOptions
from tests.models.abilities import ExplainsItself, LearnsNewEvents
from tests.models.contract import ModelContract, PredictsRatings
from tests.models.planted import Planted, clusters, described

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
COLUMNS = ("weights", "repeats", "recency", "catalogue", "strangers", "update", "explains", "rates")
QUICK = {"epochs": 2, "burn_in": 2, "samples": 4, "kept": 4, "factors": 4, "hidden": 4, "period": 1.0}
"""Settings that make a fit short, and a period that divides a log of nine days: what is read shows in any."""
RECENCY = ("decay", "half_life", "window")


def rows() -> dict[str, dict[str, str]]:
    """The table: model -> column -> cell."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name.strip("`"): dict(zip(COLUMNS, rest, strict=True)) for name, *rest in cells}


TABLE = rows()


def log_with(values: int, repeats: bool = False) -> Planted:
    """Clusters with weights drawn from 1 to ``values``, perhaps every third event twice."""
    planted = described(clusters(n_users=40, n_items=48))
    drawn = np.random.default_rng(values).integers(1, values + 1, len(planted.log)).astype(np.float32)
    log: Interactions = replace(planted.log, values=drawn)
    if repeats:
        log = log.take(np.sort(np.append(np.arange(len(log)), np.arange(0, len(log), 3))))
    return replace(planted, data=replace(planted.data, interactions=log))


PLAIN, WEIGHTED, REPEATED = log_with(2), log_with(3), log_with(2, repeats=True)


def settings(name: str, cell: str = "") -> ModelConfig:
    """Quick settings of a model, with the first `key=value` that a cell names."""
    config = config_class(name)(name=name)
    known = {field.name: getattr(config, field.name) for field in fields(config)}
    chosen = {key: value for key, value in QUICK.items() if key in known}
    if named := re.match(r"`(\w+)=(\w+)`", cell):
        chosen[named[1]] = type(known[named[1]])(named[2])
    return replace(config, **chosen)


def scores(config: ModelConfig, log: Planted) -> np.ndarray:
    return create(config).fit(log.data, RunOptions(seed=1)).score(log.batch)


def test_every_model_has_a_row() -> None:
    assert TABLE.keys() == MODELS.keys()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("column", "log"), [("weights", WEIGHTED), ("repeats", REPEATED)], ids=["w", "r"])
def test_weights_and_repeats_reach_a_model_where_the_page_says_so(
    name: str, column: str, log: Planted
) -> None:
    cell = TABLE[name][column]
    config = settings(name, cell)
    reached = not np.array_equal(scores(config, PLAIN), scores(config, log))
    if cell == "newest":  # other than in the biases
        assert not hasattr(config, "values")
    else:
        assert reached == (cell != "–")
    # what needs a setting is off without it
    if cell.startswith("`values"):
        off = replace(config, values="binary")
        assert np.array_equal(scores(off, PLAIN), scores(off, log))


@pytest.mark.parametrize("name", MODELS)
def test_recency_and_the_catalogue_are_read_where_the_page_says_so(name: str) -> None:
    config = settings(name)
    own = {key for key in RECENCY if hasattr(config, key)} - (
        {"window"} if name in ("markov", "rnn") else set()
    )
    assert set(re.findall(r"`(\w+)`", TABLE[name]["recency"])) == own
    assert config.reads_catalogue == (TABLE[name]["catalogue"] == "yes")
    before = scores(config, PLAIN)
    for key in own:
        value = {"decay": 0.5, "half_life": 1.0, "window": 3.0}[key]
        # by position only where there are no dates
        log = PLAIN.without_times() if name == "personal" and key == "decay" else PLAIN
        assert not np.array_equal(scores(replace(config, **{key: value}), log), before), key


@pytest.fixture(scope="module", params=MODELS)
def fitted(request: pytest.FixtureRequest) -> Iterator[tuple[str, Recommender]]:
    name = str(request.param)
    yield name, create(settings(name)).fit(PLAIN.data, RunOptions(seed=1))


def test_strangers_are_known_by_their_history_where_the_page_says_so(fitted: tuple[str, Recommender]) -> None:
    name, model = fitted
    strangers = replace(PLAIN.batch, users=np.full(len(PLAIN.batch), -1, dtype=np.int32))
    assert TABLE[name]["strangers"] in ("yes", "with sets or features")
    assert model.knows(strangers).all()


def test_models_rate_explain_and_update_where_the_page_says_so(fitted: tuple[str, Recommender]) -> None:
    name, model = fitted
    row, kind = TABLE[name], model_class(name)
    assert kind.rates == (row["rates"] == "yes")
    assert kind.updates == (row["update"] == "yes")
    assert kind.explains == (row["explains"] != "–")
    if kind.explains:
        told = {
            reason.kind
            for user in range(4)
            for item in range(PLAIN.log.n_items)
            for reason in model.explain(PLAIN.batch, user, item)
        }
        assert told <= set(row["explains"].split(", "))


@pytest.mark.parametrize("name", MODELS)
def test_what_a_model_claims_is_tried_by_a_suite(name: str) -> None:
    place = MODELS[name].partition(":")[0].removeprefix("recx.models.").split(".")
    module = import_module(f"tests.models.{place[0]}.test_{place[1]}")
    suites = [
        suite for suite in vars(module).values()
        if isinstance(suite, type) and issubclass(suite, ModelContract)
        and getattr(suite, "config", ModelConfig()).name == name
    ]  # fmt: skip
    kind = model_class(name)
    claims = {ExplainsItself: kind.explains, LearnsNewEvents: kind.updates, PredictsRatings: kind.rates}
    assert suites
    for suite, claimed in claims.items():
        assert any(issubclass(each, suite) for each in suites) == claimed, suite.__name__
