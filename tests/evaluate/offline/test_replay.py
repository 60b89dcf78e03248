"""Replay: matches and their worth, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recx.data import Rankings
from recx.errors import DataError, UsageError
from recx.evaluate import evaluate
from recx.evaluate.offline.config import ReplayConfig
from recx.evaluate.offline.logged import Logged
from recx.evaluate.offline.replay import matches, replayed
from tests.evaluate.test_evaluate import Open, market, planted, run
from tests.synthetic import dataset


def test_replay_is_the_mean_reward_of_matches() -> None:
    logged = Logged(
        np.array([3, 3, 5, 5, 8], np.int32), np.array([0, 1, 0, 2, 2], np.int32), np.array([4.0, 9, 0, 6, 9])
    )
    lists = np.array([[0, 7], [2, 0], [1, -1]], np.int32)  # of users 3, 5 and 8
    matched = matches(Rankings(np.array([3, 5, 8], np.int32), lists, np.zeros((3, 2), np.float32)), logged)
    assert matched.tolist() == [True, False, True, True, False]
    found = replayed(matched, logged)
    assert found.value == pytest.approx((4 + 0 + 6) / 3)
    assert found.n == 3
    # without user 3: 3; without user 5: 4; without user 8, who matches nothing: the same
    pulls = 2 * (10 / 3 - np.array([3, 4, 10 / 3]))
    assert found.influence == pytest.approx(pulls - pulls.mean())


def shop_of_two(open_shop: Open) -> tuple[object, list[str]]:
    shop = open_shop(market())
    return shop, [shop.train(n, planted(s, s, shop.dataset)) for n, s in (("good", 2), ("bad", 0))]


def test_runs_are_held_against_the_log_and_the_first(open_shop: Open) -> None:
    shop, runs = shop_of_two(open_shop)
    final = shop.dataset.split.final  # type: ignore[attr-defined]
    price = np.where(final.target.items < 15, 1.0, 3.0).astype(np.float32)
    target = replace(final.target, columns={"price": price})
    split = replace(shop.dataset.split, final=replace(final, target=target))  # type: ignore[attr-defined]
    shop.dataset = replace(shop.dataset, split=split)  # type: ignore[attr-defined]
    report = evaluate(run(shop, runs, offline=ReplayConfig(k=5, reward="price", least=5)))  # type: ignore[arg-type]
    assert report.offline is not None
    log, good, bad = report.offline.valued
    assert (log.label, good.label, bad.label) == ("the log", "good", "bad")
    assert log.values["replay"].value == pytest.approx(price.mean())
    assert log.events == log.matched == len(price)
    assert good.matched > bad.matched
    assert [(each.a, each.b) for each in report.offline.differences] == [
        ("good", "the log"),
        ("bad", "the log"),
        ("bad", "good"),
    ]
    assert report.offline.differences[2].difference.value == pytest.approx(
        bad.values["replay"].value - good.values["replay"].value
    )
    assert not any("only the number of matches" in words for words in report.offline.words)


def test_equal_rewards_are_told(open_shop: Open) -> None:
    shop, runs = shop_of_two(open_shop)
    report = evaluate(run(shop, runs, offline=ReplayConfig(least=5)))  # type: ignore[arg-type]
    assert report.offline is not None
    assert any("every logged event is worth 1" in words for words in report.offline.words)


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"least": 1000}, DataError, r"good: \d+ of 180 logged events, of \d+ users, are among its first 10"),
        ({"reward": "prise"}, UsageError, "offline.reward=prise: no such column of the log; there is value"),
        ({"k": 0}, UsageError, "offline.k=0"),
        ({"least": 1}, UsageError, "offline.least=1"),
    ],
)
def test_what_cannot_be_replayed_is_one_line(
    open_shop: Open, settings: dict[str, object], error: type[Exception], says: str
) -> None:
    shop, runs = shop_of_two(open_shop)
    with pytest.raises(error, match=says):
        evaluate(run(shop, runs, offline=ReplayConfig(**settings)))  # type: ignore[arg-type]


def test_a_reward_without_a_number_is_one_line() -> None:
    data = dataset([(0, 0), (1, 1)], [], [(0, 1), (1, 0)], 2, 2)
    target = replace(data.split.final.target, columns={"price": np.array([1.0, np.nan], np.float32)})
    data = replace(data, split=replace(data.split, final=replace(data.split.final, target=target)))
    with pytest.raises(DataError, match="price: 1 of 2 logged events have no number there"):
        Logged.of(data, "price")
