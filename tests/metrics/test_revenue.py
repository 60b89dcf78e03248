"""Ranking by what purchases are worth."""

from __future__ import annotations

from dataclasses import replace
from math import log2

import numpy as np
import pytest

from recx.data import Catalog, Dataset, Rankings
from recx.metrics import ranking_metric
from recx.metrics.config import ProtocolConfig
from recx.metrics.lists import Lists
from recx.metrics.needs import out_of_reach
from recx.metrics.protocol import Protocol
from tests.synthetic import dataset

# user 0 buys item 1 twice (3 and 2 of it) and item 2 once; user 1 buys item 3, whose price nobody knows
BOUGHT = [(0, 1), (0, 1), (0, 2), (1, 3)]
PRICES = np.array([7.0, 2.0, 4.0, np.nan], np.float32)


def shop(quantities: list[float] | None = None, prices: np.ndarray | None = PRICES) -> Dataset:
    data = dataset([(0, 0)], [], BOUGHT, 2, 4)
    final = data.split.final
    columns = {} if quantities is None else {"quantity": np.array(quantities, np.float32)}
    final = replace(final, target=replace(final.target, columns=columns))
    catalog = Catalog({} if prices is None else {"price": prices})
    return replace(data, split=replace(data.split, final=final), catalog=catalog)


def revenue(data: Dataset, rows: list[list[int]], k: int) -> list[float]:
    targets = Protocol.of(ProtocolConfig(repeat="allow"), data).relevant(data, data.split.final)
    items = np.array(rows, np.int32)
    made = Lists.judge(Rankings(targets.users, items, np.zeros(items.shape, np.float32)), targets)
    return ranking_metric("revenue_ndcg")(made, k).tolist()


def test_gain_is_price_times_quantity() -> None:
    # item 1 brought (3 + 2) x 2, item 2 brought 1 x 4
    found = revenue(shop([3, 2, 1, 1]), [[2, 1], [3, 0]], 2)
    assert found == pytest.approx([(4 + 10 / log2(3)) / (10 + 4 / log2(3)), 0])
    assert revenue(shop([3, 2, 1, 1]), [[2, 1], [3, 0]], 1) == pytest.approx([4 / 10, 0])
    assert revenue(shop([3, 2, 1, 1]), [[1, 2], [3, 0]], 2) == pytest.approx([1, 0])


def test_without_quantities_every_event_is_one_unit() -> None:
    # item 1 was bought in two events of 1 x 2, as much as item 2 brought at once
    assert revenue(shop(), [[2, 0], [3, 0]], 1) == pytest.approx([1, 0])


def test_a_return_is_worth_nothing() -> None:
    assert revenue(shop([1, -4, 1, 1]), [[1, 0], [3, 0]], 1) == pytest.approx([2 / 4, 0])


def test_without_prices_it_is_said_why() -> None:
    told = "the catalogue of toy has no prices"
    assert out_of_reach(shop(prices=None))["revenue_ndcg"] == told
    assert out_of_reach(shop(prices=np.full(4, np.nan, np.float32)))["revenue_ndcg"] == told
    assert "revenue_ndcg" not in out_of_reach(shop())
