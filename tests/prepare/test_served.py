"""Histories read block by block are those of the whole log."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from recx.config.compose import compose
from recx.data import Dataset
from recx.errors import DataError
from recx.prepare import prepare, stored
from recx.prepare.served import KeyedRows, ServedSet


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data")
    words = ["dataset=synthetic", "dataset.n_users=50", "dataset.n_items=30", f"data_dir={data}"]
    prepare(compose("prepare", words).settings)
    return next(data.glob("synthetic*"))


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Dataset:
    return stored.load(folder)


def test_histories_are_those_of_the_log_in_the_order_asked_for(folder: Path, dataset: Dataset) -> None:
    served, final = ServedSet.open(folder), dataset.split.final
    users = np.array([7, -1, 3, 44, 0, -1], dtype=np.int32)
    for whole, log in ((False, final.history), (True, final.history.merged(final.target))):
        found = served.histories(users, whole)
        for row, user in enumerate(users):
            own = slice(found.indptr[row], found.indptr[row + 1])
            mine = log.users == user
            assert np.array_equal(found.items[own], log.items[mine])
            assert found.times is not None and log.times is not None
            assert np.array_equal(found.times[own], log.times[mine])
    assert served.ends_at == int(np.max(final.target.times)) + 1
    assert np.array_equal(served.sold(), final.fit.item_counts > 0)


def test_ids_and_numbers_agree(folder: Path, dataset: Dataset) -> None:
    served = ServedSet.open(folder)
    names = [name for block in served.all_users(7) for name in block]
    assert names == list(dataset.users.ids)
    asked = [names[30], "nobody", names[2]]
    assert served.numbers(asked).tolist() == [30, -1, 2]
    assert served.items.ids == dataset.items.ids


def test_small_row_groups_give_the_same_rows(folder: Path, tmp_path: Path) -> None:
    table = pq.read_table(folder / stored.INTERACTIONS)
    pq.write_table(table, tmp_path / "small.parquet", row_group_size=11)
    small = KeyedRows(tmp_path / "small.parquet", "user", "fold:final")
    whole = KeyedRows(folder / stored.INTERACTIONS, "user", "fold:final")
    assert len(small.ends) > len(whole.ends)
    for keys in ([0, 1, 2], [5, 20, 49], [], [99]):
        left, right = small.histories(keys, 3), whole.histories(keys, 3)
        assert np.array_equal(left.indptr, right.indptr) and np.array_equal(left.items, right.items)


def test_a_changed_byte_is_named(folder: Path, tmp_path: Path) -> None:
    for name in (*stored.FILES, stored.HEADER):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    file = tmp_path / stored.USERS
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match=f"{stored.USERS} was changed"):
        ServedSet.open(tmp_path)
