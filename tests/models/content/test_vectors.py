"""Vectors by item id: three kinds of files, and what is said of a bad one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.testing import assert_allclose
from safetensors.numpy import save_file

from recx.errors import DataError
from recx.models.content.vectors import read_vectors

ITEMS = ["a", "b", "7"]
IDS = ["7", "b", "a"]
ROWS = np.array([[3.0, 4.0], [0.0, 0.0], [0.0, 2.0]])  # of IDS
UNIT = np.array([[0.0, 1.0], [0.0, 0.0], [0.6, 0.8]])  # of ITEMS
Make = Callable[[Path], Path]


def npy(rows: object = ROWS, ids: str = "7\nb\na\n") -> Make:
    def made(folder: Path) -> Path:
        np.save(folder / "v.npy", np.asarray(rows), allow_pickle=True)
        (folder / "v.txt").write_text(ids)
        return folder / "v.npy"

    return made


def one_matrix(folder: Path) -> Path:
    save_file({"vectors": ROWS}, folder / "v.safetensors")
    (folder / "v.txt").write_text("\n".join(IDS))
    return folder / "v.safetensors"


def by_id(folder: Path) -> Path:
    save_file({name: ROWS[at].copy() for at, name in enumerate(IDS)}, folder / "v.safetensors")
    return folder / "v.safetensors"


def parquet(**columns: object) -> Make:
    def made(folder: Path) -> Path:
        pq.write_table(pa.table(columns), folder / "v.parquet")
        return folder / "v.parquet"

    return made


def text(name: str) -> Make:
    def made(folder: Path) -> Path:
        (folder / name).write_text("junk")
        return folder / name

    return made


@pytest.mark.parametrize(
    "make",
    [
        npy(),
        one_matrix,
        by_id,
        parquet(item=IDS, x=ROWS[:, 0], y=ROWS[:, 1]),
        parquet(vector=ROWS.tolist(), item_id=IDS),
    ],
    ids=["npy", "safetensors", "safetensors by id", "parquet", "parquet of lists"],
)
def test_every_kind_of_file_gives_unit_vectors_by_item(make: Make, tmp_path: Path) -> None:
    found = read_vectors(make(tmp_path), ITEMS)
    assert found.dtype == np.float32
    assert_allclose(found, UNIT, rtol=1e-6)


def test_items_the_file_does_not_name_have_no_vector(tmp_path: Path) -> None:
    assert_allclose(read_vectors(npy()(tmp_path), ["x", "a"]), [[0, 0], [0, 1]])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (npy(np.where(ROWS == 2, np.nan, ROWS)), "v.npy: row 3, of item a, holds a number .* not finite"),
        (npy(ROWS[:2]), "v.npy has 2 rows, and its ids are 3"),
        (npy(ids="7\na\na"), "v.npy: row 2 and row 3 are both of item a"),
        (npy(ids="x\ny\nz"), "v.npy names none of the data set's items, such as a"),
        (npy(np.array([{}], dtype=object)), "v.npy is no array of numbers"),
        (npy(np.zeros(3)), r"v.npy holds \(3,\) float64, expected a row of numbers per item"),
        (parquet(id=IDS, v=[[1.0, 2.0], [1.0], [1.0, 3.0]]), "v.parquet: row 2, of item b, .* expected 2"),
        (parquet(id=IDS, v=[[1.0, 2.0], None, [1.0, 3.0]]), "row 2, of item b, holds nothing, expected 2"),
        (parquet(id=IDS, v=["x", "y", "z"]), "v.parquet: row 1, of item 7"),
        (parquet(id=IDS), "expected one of ids and one or more of numbers"),
        (text("w.parquet"), "w.parquet is no parquet file"),
        (text("w.safetensors"), "w.safetensors is no safetensors file"),
        (text("w.npy"), "w.npy is no array of numbers"),
        (text("w.csv"), "w.csv: vectors are read from .npy, .safetensors and .parquet files"),
        (lambda folder: folder / "w.npy", "w.npy is missing"),
    ],
)  # fmt: skip
def test_a_bad_file_is_told_in_one_line_with_its_row(make: Make, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said) as error:
        read_vectors(make(tmp_path), ITEMS)
    assert "\n" not in str(error.value)


def test_a_matrix_without_ids_asks_for_them(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", ROWS)
    with pytest.raises(DataError, match=r"v.npy needs v.txt beside it, with the item id of every row"):
        read_vectors(tmp_path / "v.npy", ITEMS)
