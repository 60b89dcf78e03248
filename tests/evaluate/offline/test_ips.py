"""Values by propensity: counted by hand, read from a file, refused where the log knows too little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recx.config.compose import compose
from recx.data import Rankings
from recx.errors import DataError, UsageError
from recx.evaluate import evaluate
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.files import read_report
from recx.evaluate.offline.config import IpsConfig
from recx.evaluate.offline.estimators import (
    RewardModel,
    doubly_robust,
    effective,
    ips,
    mean_weight,
    on_policy,
    snips,
)
from recx.evaluate.offline.logged import Logged
from recx.evaluate.offline.policy import Policy
from recx.prepare import prepare
from recx.train import train
from recx.train.runs import load_model

LOG = Logged(
    np.array([0, 0, 1, 2], np.int32),
    np.array([0, 1, 0, 1], np.int32),
    np.array([1.0, 0, 0, 1]),
    np.array([0.5, 0.5, 0.25, 0.25]),
)
LISTS = Rankings(np.arange(3, dtype=np.int32), np.zeros((3, 1), np.int32), np.ones((3, 1), np.float32))
TOP = Policy.of(LISTS, IpsConfig())


def test_estimators_counted_by_hand() -> None:
    chance = TOP.chance(LOG)
    assert LOG.propensities is not None
    weights = chance / LOG.propensities
    assert weights.tolist() == [2, 0, 4, 0]
    assert on_policy(LOG).value == 2 / 4
    assert ips(LOG, weights).value == 2 * 1 / 4
    assert snips(LOG, weights).value == pytest.approx(2 / 6)
    assert mean_weight(LOG, weights).value == 6 / 4
    assert effective(weights) == pytest.approx(6**2 / (2**2 + 4**2))
    model = RewardModel(np.array([0.4, 0.1, 0.3]))
    expected, guessed = TOP.expected(model, LOG), model.of(LOG.items)
    terms = [0.4 + 2 * 0.6, 0.4, 0.4 + 4 * -0.4, 0.4]
    assert doubly_robust(LOG, weights, expected, guessed).value == pytest.approx(sum(terms) / 4)
    # user 0 came twice: without it the mean is that of two events
    without = [(terms[2] + terms[3]) / 2, sum([*terms[:2], terms[3]]) / 3, sum(terms[:3]) / 3]
    pulls = 2 * (sum(terms) / 4 - np.array(without))
    assert doubly_robust(LOG, weights, expected, guessed).influence == pytest.approx(pulls - pulls.mean())


def test_the_reward_model_draws_few_events_towards_the_mean() -> None:
    model = RewardModel.fit(np.array([0, 0, 1, -1], np.int32), np.array([1.0, 0, 1, 0]), 3)
    assert model.means == pytest.approx([(1 + 20 * 0.5) / 22, (1 + 20 * 0.5) / 21, 0.5, 0.5])
    assert model.of(np.array([[1, -1]], np.int32)).tolist() == [[model.means[1], 0.5]]


def test_a_policy_shows_one_item_of_each_list() -> None:
    items = np.array([[4, 5, 6], [7, -1, -1], [-1, -1, -1]], np.int32)
    scores = np.array([[3.0, 2, 1], [1, -np.inf, -np.inf], [-np.inf] * 3], np.float32)
    lists = Rankings(np.arange(3, dtype=np.int32), items, scores)

    def chances(**settings: object) -> np.ndarray:
        return Policy.of(lists, IpsConfig(**settings)).chances  # type: ignore[arg-type]

    assert chances(policy="top").tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert chances(policy="uniform") == pytest.approx(np.array([[1 / 3] * 3, [1, 0, 0], [0, 0, 0]]))
    soft = chances(policy="softmax")
    spread = np.sqrt(2 / 3)  # of 3, 2, 1
    raw = np.exp(np.array([3, 2, 1]) / spread)
    assert soft[0] == pytest.approx(raw / raw.sum())
    assert soft[1:].tolist() == [[1, 0, 0], [0, 0, 0]]
    assert chances(policy="softmax", temperature=0.01)[0, 0] == pytest.approx(1)
    logged = Logged(np.array([0, 1, 2], np.int32), np.array([6, -1, -1], np.int32), np.zeros(3))
    assert Policy.of(lists, IpsConfig(policy="uniform")).chance(logged) == pytest.approx([1 / 3, 0, 0])


def write_log(path: Path, seed: int = 0, users: int = 60, taken: float = 0.4) -> list[dict[str, object]]:
    """Six of eight items shown at a time, with chances that the file tells; every third row nobody drew."""
    random = np.random.default_rng(seed)
    chances = np.array([0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
    rows: list[dict[str, object]] = []
    for moment in range(600):
        item = int(random.choice(6, p=chances))
        drew = moment % 3 > 0
        click = int(random.random() < taken * (1 + item) / 4) if drew else 1
        person = int(random.integers(users))
        rows.append(
            {"user": f"u{person}", "item": f"i{item}", "value": click, "time": 1000 + moment,
             "chance": chances[item] if drew else "", "price": 2 + item}
        )  # fmt: skip
    rows.append({"user": "never", "item": "i0", "value": 0, "time": 1601, "chance": 0.3, "price": 9})
    head = ",".join(rows[0])
    path.write_text("\n".join([head, *(",".join(map(str, row.values())) for row in rows)]) + "\n")
    return rows


def settings(home: Path, *more: str) -> list[str]:
    return [
        "dataset=csv", f"dataset.path={home}/log.csv", "dataset.propensity=chance", f"data_dir={home}/data",
        "dataset.extras=[price]", *more,
    ]  # fmt: skip


def test_what_nobody_took_is_kept_beside_the_log(tmp_path: Path) -> None:
    rows = write_log(tmp_path / "log.csv")
    config = compose("prepare", settings(tmp_path)).settings
    for _ in range(2):  # made, then read
        data = prepare(config)
        shown = data.exposures
        assert shown is not None
        drew = [row for row in rows if row["chance"] != ""]
        assert len(shown) == len(drew) == data.facts["exposures"]
        assert data.facts["exposures_in_test"] == shown.test.sum()
        assert shown.values.sum() == sum(int(str(row["value"])) for row in drew)
        assert len(np.unique(shown.people)) == len({row["user"] for row in drew})
        assert (shown.users < 0).sum() == 1  # "never" took nothing and is no user
        final = data.split.final
        assert len(final.fit) + len(final.target) == sum(int(str(row["value"])) for row in rows)
        assert final.fit.values.min() == final.target.values.min() == 1
        cut = final.known_at
        assert shown.test.sum() == sum(int(str(row["time"])) >= cut for row in drew)  # type: ignore[operator]
    names = {rule["rule"]: rule["lost"] for rule in data.facts["cleaning"]}
    refused = sum(row["value"] == 0 for row in rows)
    assert names["shown and not taken (value 0), kept for offline=ips"] == refused
    # events of weight 0 are the same in other words
    text = (tmp_path / "log.csv").read_text().replace("value", "event")
    text = text.replace(",0,1", ",show,1").replace(",1,1", ",click,1")
    (tmp_path / "log.csv").write_text(text)
    more = ("dataset.event_weights={show:0,click:1}",)
    again = prepare(compose("prepare", settings(tmp_path, *more)).settings)
    assert again.exposures is not None
    assert (again.exposures.values == shown.values).all()
    assert len(again.split.final.target) == len(final.target)


def test_the_command_values_a_run_as_by_hand(tmp_path: Path) -> None:
    write_log(tmp_path / "log.csv")
    run = train(
        compose("train", ["model=popular", *settings(tmp_path, f"results={tmp_path}", "threads=1")]).settings
    )
    config = EvaluateConfig(run=str(run.folder), results=str(tmp_path / "out"), threads=1, repeat="allow")
    config.offline = IpsConfig(least=2)
    report = evaluate(config)
    assert report.offline is not None
    log, popular = report.offline.valued
    data = prepare(compose("prepare", settings(tmp_path)).settings)
    shown = data.exposures
    assert shown is not None
    best = int(np.argmax(load_model(run, "final").popularity))  # what everybody is shown, strangers too
    test = shown.test
    weights = np.where(shown.items[test] == best, 1 / shown.propensities[test].astype(float), 0)
    assert popular.values["ips"].value == pytest.approx(np.mean(weights * shown.values[test]))
    assert popular.values["snips"].value == pytest.approx(
        np.sum(weights * shown.values[test]) / np.sum(weights)
    )
    assert popular.matched == np.count_nonzero(weights)
    assert popular.effective == pytest.approx(weights.sum() ** 2 / np.sum(weights**2))
    assert log.values["dr"].value == pytest.approx(shown.values[test].mean())
    assert [(each.metric, each.a, each.b) for each in report.offline.differences] == [
        (name, "popular", "the log") for name in ("ips", "snips", "dr")
    ]
    assert read_report(Path(report.folder)) == report
    config.offline = IpsConfig()
    with pytest.raises(DataError, match=r"popular: the log is worth \d+ events of \d+ users to it"):
        evaluate(config)
    config.offline = IpsConfig(least=2, reward="price")
    priced = evaluate(config).offline
    assert priced is not None
    earned = shown.values[test] * shown.columns["price"][test]  # what nobody took earns nothing
    assert priced.valued[1].values["ips"].value == pytest.approx(np.mean(weights * earned))
    config.offline = IpsConfig(least=2, policy="uniform", k=3, clip=1)
    clipped = evaluate(config).offline
    assert clipped is not None
    assert any("weights above 1 count as 1" in words for words in clipped.words)


def test_a_log_of_successes_is_refused(tmp_path: Path) -> None:
    write_log(tmp_path / "log.csv", taken=40)
    text = (tmp_path / "log.csv").read_text().splitlines()[:-1]  # without "never"
    (tmp_path / "log.csv").write_text("\n".join(text))
    words = ["model=popular", *settings(tmp_path, f"results={tmp_path}", "threads=1")]
    run = train(compose("train", words).settings)
    config = EvaluateConfig(run=str(run.folder), results=str(tmp_path / "out"), offline=IpsConfig())
    with pytest.raises(
        DataError, match=r"each of its \d+ logged test events earned 1; what was shown and not"
    ):
        evaluate(config)
    plain = train(compose("train", [*words, "dataset.propensity=null"]).settings)
    config = replace(config, run=str(plain.folder))
    with pytest.raises(
        DataError, match="does not say with what chance its items were shown; prepare it with"
    ):
        evaluate(config)
    for bad, says in (
        ({"policy": "tops"}, "offline.policy=tops; did you mean 'top'"),
        ({"policy": "softmax", "temperature": 0.0}, "offline.temperature=0: expected a number above 0"),
        ({"clip": 0.5}, r"offline.clip=0.5: expected 0 \(off\), or a largest weight of 1 or more"),
    ):
        with pytest.raises(UsageError, match=says):
            evaluate(replace(config, offline=IpsConfig(**bad)))  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["0", "-0.1", "1.5", "nan", "1e-40"])
def test_a_propensity_outside_its_range_is_one_line(tmp_path: Path, bad: str) -> None:
    (tmp_path / "log.csv").write_text(f"user,item,value,time,chance\na,x,1,1,.5\nb,y,0,2,{bad}\n")
    with pytest.raises(
        DataError, match=f"log.csv: line 3: chance '{bad}' is no chance to be shown; expected"
    ):
        prepare(compose("prepare", settings(tmp_path)).settings)


def test_bad_propensities_and_splits_are_one_line(tmp_path: Path) -> None:
    write_log(tmp_path / "log.csv")
    for more, error, says in (
        (["dataset.propensity=chanse"], DataError, "no column 'chanse'; did you mean 'chance'"),
        (["dataset.propensity=user"], DataError, "line 2: user 'u"),
        (["split=random"], UsageError, "use split=time or split=files, not split=random"),
        (["dataset.extras=[propensity]"], DataError, "has no column 'propensity'"),
    ):
        with pytest.raises(error, match=says):
            prepare(compose("prepare", [*settings(tmp_path), *more]).settings)
