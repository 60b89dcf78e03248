"""Diversity by categories and by texts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recx.data import Catalog, Dataset, Rankings
from recx.metrics import shelf_metric
from recx.metrics.config import ProtocolConfig
from recx.metrics.lists import Lists
from recx.metrics.needs import out_of_reach
from recx.metrics.protocol import Protocol
from recx.metrics.question import Question
from tests.synthetic import dataset


def shop(columns: dict[str, list[object]]) -> Dataset:
    data = dataset([(0, 0)], [], [(0, 1), (1, 1), (2, 1)], 3, 5)
    found = {
        name: np.array(column, np.float32 if isinstance(column[0], float) else object)
        for name, column in columns.items()
    }
    return replace(data, catalog=Catalog(found))


def diversity(data: Dataset, rows: list[list[int]], k: int) -> list[float]:
    asked = Question.of(data, data.split.final, Protocol.of(ProtocolConfig(repeat="allow"), data))
    items = np.array(rows, np.int32)
    made = Lists.judge(Rankings(asked.targets.users, items, np.zeros(items.shape, np.float32)), asked.targets)
    return shelf_metric("diversity")(made, asked.shelf, k).tolist()


CATEGORIES = {
    "department": ["food", "food", "food", "toys", ""],
    "brand": ["own", "own", "other", "other", ""],
}


def test_categories_are_compared_by_jaccard() -> None:
    # 0 and 1 are alike, 0 and 2 share one of three, 2 and 3 one of three, 0 and 3 nothing
    found = diversity(shop(CATEGORIES), [[0, 1, 2], [0, 3, -1], [2, 3, 0]], 3)
    assert found == pytest.approx([1 - (1 + 1 / 3 + 1 / 3) / 3, 1, 1 - (1 / 3 + 1 / 3 + 0) / 3])


def test_a_list_of_fewer_than_two_items_is_not_diverse() -> None:
    assert diversity(shop(CATEGORIES), [[0, -1, -1], [-1, -1, -1], [0, 3, 1]], 3)[:2] == [0, 0]
    assert diversity(shop(CATEGORIES), [[0, 1, 2], [0, 3, -1], [2, 3, 0]], 1) == [0, 0, 0]


def test_an_item_nothing_is_known_of_is_like_no_other() -> None:
    assert diversity(shop(CATEGORIES), [[0, 4, -1], [4, 0, -1], [0, 1, -1]], 2) == [1, 1, 0]


def test_texts_are_compared_by_the_cosine_of_their_words() -> None:
    titles = ["red wool scarf", "red wool hat", "steel pan", "steel pot", "oak chair"]
    data = shop({"title": titles, "price": [1.0, 1.0, 1.0, 1.0, 1.0]})
    found = diversity(data, [[0, 1, -1], [0, 2, -1], [2, 3, -1]], 2)
    # words of one item only say nothing: both scarves and hats are "red wool"
    assert found == pytest.approx([0, 1, 0], abs=1e-6)


def test_without_words_in_the_catalogue_it_is_said_why() -> None:
    assert out_of_reach(shop({"price": [1.0, 2.0, 3.0, 4.0, 5.0]}))["diversity"] == (
        "the catalogue of toy has no categories or texts"
    )
    assert "diversity" not in out_of_reach(shop(CATEGORIES))
