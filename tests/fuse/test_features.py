"""Features: counted by hand, and blind to what is to be found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recx.data import Catalog, Dataset, Fold, Histories, Pairs, Split, UserBatch
from recx.fuse.bases import Answers, Said
from recx.fuse.candidates import Candidates
from recx.fuse.features import Block, ranking_features
from recx.fuse.known import DAY, ItemFacts
from recx.fuse.seen import Seen
from tests.synthetic import Row, dataset

GROUPS = ("base", "user", "item", "pair")
NOON = 1_700_000_000


def shop(valid: list[Row]) -> Dataset:
    """User 0 bought item 0 three times and item 1 once, user 1 item 2; kinds: a a b b."""
    data = dataset([(0, 0), (0, 0), (0, 1), (0, 0), (1, 2)], valid, [(0, 3)], 2, 4, repeats=True)
    kinds = np.array(["a", "a", "b", "b"], dtype=object)
    prices = np.array([1.0, 3.0, 2.0, 8.0], dtype=np.float32)
    return replace(data, catalog=Catalog(items={"kind": kinds, "price": prices}))


def asked(data: Dataset, fold: Fold) -> Block:
    """Features of all items for both users, with one base that knows user 0 alone."""
    days = np.array([0, 2, 2, 6, 6], dtype=np.int64)
    history = replace(fold.history, times=NOON + days * int(DAY))
    batch = UserBatch(
        np.array([0, 1], np.int32), history.histories(), np.full(2, NOON + 10 * int(DAY), np.int64)
    )
    scores = np.array([[4, 3, 2, 1], [1, 1, 1, 1]], dtype=np.float32)
    answers = Answers({"told": scores}, np.array([[True], [False]]), np.arange(4, dtype=np.int32))
    candidates = Candidates(
        np.array([0, 4, 8]), np.tile(np.arange(4, dtype=np.int32), 2),
        np.array([[1], [2], [0], [0]] * 2, dtype=np.int32),
    )  # fmt: skip
    scores_of = candidates.of(scores)[:, None]
    scales = answers.scales["told"][:, None]
    said = Said(answers.labels, answers.tops(4), answers.knows, scales, candidates, scores_of)
    return ranking_features(batch, said, ItemFacts.of(data, fold), GROUPS)


def column(block: Block, name: str) -> list[float]:
    at = [feature.name for feature in block.features].index(name)
    return [float(value) for value in block.values[:, at]]


def test_pair_features_count_the_users_own_past() -> None:
    data = shop([(0, 3)])
    block = asked(data, data.split.valid)
    assert column(block, "pair.count") == [3, 1, 0, 0, 0, 0, 1, 0]
    assert column(block, "pair.share")[:2] == [0.75, 0.25]
    assert column(block, "pair.days")[:2] == [4, 8]
    # bought on days 0, 2 and 6: every 3 days, and 4 have passed
    assert column(block, "pair.interval")[0] == 3
    assert column(block, "pair.due")[0] == pytest.approx(4 / 3)
    assert column(block, "pair.events_since")[:2] == [0, 1]
    assert column(block, "pair.kind_share") == [1, 1, 0, 0, 0, 0, 1, 1]
    assert column(block, "pair.kind_loyalty")[:2] == [0.75, 0.25]
    assert np.isnan(column(block, "pair.days")[2:6]).all()
    # user 0 pays (3 x 1 + 3) / 4 on average
    assert column(block, "pair.price")[3] == pytest.approx(np.log(8 / 1.5))


def test_what_a_base_says_of_a_stranger_is_missing() -> None:
    data = shop([(0, 3)])
    block = asked(data, data.split.valid)
    assert column(block, "told.rank")[:2] == [1, 2]
    assert np.isnan(column(block, "told.rank")[2:]).all()
    assert np.isnan(column(block, "told.standard")[4:]).all()
    assert column(block, "told.standard")[0] == pytest.approx(1.5 / np.sqrt(1.25))


def test_features_do_not_change_when_the_target_does() -> None:
    one, other = shop([(0, 3)]), shop([(0, 1), (1, 2), (1, 2), (0, 0)])
    first, second = (asked(data, data.split.valid) for data in (one, other))
    assert first.features == second.features
    assert np.array_equal(first.values, second.values, equal_nan=True)


def test_nothing_paid_in_a_window_is_known_in_it() -> None:
    """Whatever valid pays for items, what a window is told of them stays the same, and test is told."""
    facts = []
    for later in (5.0, 500.0):
        data = shop([(0, 2), (1, 2), (1, 2)])
        window, final = data.split.valid, data.split.final
        before = np.array([1, 1, 3, 1, 2], dtype=np.float32)
        after = np.array([1, 1, 3, 1, later, 2, later, later], dtype=np.float32)
        window = replace(window, fit=replace(window.fit, columns={"price": before}))
        final = replace(final, fit=replace(final.fit, columns={"price": after}))
        listed = np.array([1, 3, later, later], dtype=np.float32)
        known = Catalog(items={**data.catalog.items, "price": listed}, paid=["price"])
        data = replace(data, catalog=known, split=Split("files", window, (window,), final))
        bases = [data.training_data(fold).catalog.items["price"].tolist() for fold in (window, final)]
        assert bases == [[1, 3, 2, 2], [1, 3, later, 3]]
        facts.append([ItemFacts.of(data, fold).price for fold in (window, final)])
    assert np.array_equal(facts[0][0], facts[1][0], equal_nan=True)
    assert not np.array_equal(facts[0][1], facts[1][1], equal_nan=True)


def test_item_facts_survive_the_disk(tmp_path: Path) -> None:
    data = shop([(0, 3)])
    facts = ItemFacts.of(data, data.split.valid)
    file = tmp_path / "facts.safetensors"
    facts.write(file)
    again = ItemFacts.read(file)
    assert list(again.numbers) == sorted(facts.numbers) and list(again.categories) == ["kind"]
    for name, numbers in facts.numbers.items():
        assert np.array_equal(numbers, again.numbers[name], equal_nan=True)


def test_nothing_is_found_of_a_user_without_a_past() -> None:
    empty = Histories(np.array([0, 0]), np.zeros(0, np.int32), np.zeros(0, np.float32))
    batch = UserBatch(np.array([0], np.int32), empty)
    seen = Seen.of(batch, empty.items, 3)
    pairs = Pairs(np.zeros(3, np.int32), np.arange(3, dtype=np.int32))
    assert not seen.find(pairs.row, pairs.item)[1].any()
