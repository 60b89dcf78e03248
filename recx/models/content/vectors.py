"""Vectors of items from a file: what somebody else's network saw, read or heard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recx.arrays import Float32
from recx.errors import DataError

Rows = npt.NDArray[np.generic]
IDS = ("item", "item_id", "id")
"""What the column of item ids is called in parquet; else it is the first one."""


def read_vectors(path: Path, item_ids: Sequence[str]) -> Float32:
    """A unit vector per item, (len(item_ids), d); zeros for items that the file does not name.

    .npy: a matrix, and beside it a text file of the same name (.txt) with the item id of every row.
    safetensors: a vector under the id of every item, or one matrix and the text file. parquet: a column of
    ids, and a list of numbers or columns of numbers. Nothing is unpickled. Raises DataError, naming file and
    row, where it holds something else.
    """
    if not path.is_file():
        raise DataError(f"{path} is missing; give model.vectors a .npy, .safetensors or .parquet file")
    readers = {".npy": _npy, ".safetensors": _safetensors, ".parquet": _parquet}
    if path.suffix not in readers:
        raise DataError(f"{path}: vectors are read from .npy, .safetensors and .parquet files")
    ids, rows = readers[path.suffix](path)
    if rows.ndim != 2 or rows.dtype.kind not in "fiu" or not rows.shape[1]:
        raise DataError(f"{path} holds {rows.shape} {rows.dtype}, expected a row of numbers per item")
    if len(ids) != len(rows):
        raise DataError(f"{path} has {len(rows)} rows, and its ids are {len(ids)}")
    return _aligned(path, ids, rows, item_ids)


def _aligned(path: Path, ids: Sequence[str], rows: Rows, item_ids: Sequence[str]) -> Float32:
    number = {name: row for row, name in enumerate(ids)}
    if len(number) < len(ids):
        row = next(row for row, name in enumerate(ids) if number[name] != row)
        again = number[ids[row]]
        raise DataError(f"{path}: row {row + 1} and row {again + 1} are both of item {ids[row]}")
    at = np.fromiter((number.get(name, -1) for name in item_ids), dtype=np.int64, count=len(item_ids))
    if not (at >= 0).any():
        raise DataError(f"{path} names none of the data set's items, such as {item_ids[0]}, but {ids[:1]}")
    found = np.zeros((len(item_ids), rows.shape[1]), dtype=np.float64)
    found[at >= 0] = rows[at[at >= 0]]
    bad = ~np.isfinite(found).all(axis=1)
    if bad.any():
        row = int(at[np.argmax(bad)])
        raise DataError(f"{path}: row {row + 1}, of item {ids[row]}, holds a number that is not finite")
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return (found / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _beside(path: Path) -> list[str]:
    """The item ids, a line each, of a matrix that has none."""
    text = path.with_suffix(".txt")
    try:
        return text.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise DataError(f"{path} needs {text.name} beside it, with the item id of every row") from None


def _npy(path: Path) -> tuple[list[str], Rows]:
    try:
        rows = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise DataError(f"{path} is no array of numbers ({error})") from error
    return _beside(path), rows


def _safetensors(path: Path) -> tuple[list[str], Rows]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        found = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise DataError(f"{path} is no safetensors file ({error})") from error
    if len(found) == 1 and (rows := next(iter(found.values()))).ndim == 2:
        return _beside(path), rows
    return _stacked(path, list(found), list(found.values()))


def _stacked(path: Path, ids: list[str], rows: Sequence[Rows | None]) -> tuple[list[str], Rows]:
    """One matrix of vectors that must be equally long."""
    if not rows:
        raise DataError(f"{path} holds no vector")
    found: list[Rows] = []
    for row, each in enumerate(rows):
        size = len(found[0]) if found else None
        if each is None or each.ndim != 1 or len(each) != (size or len(each)):
            shape = "nothing" if each is None else f"an array of shape {each.shape}"
            raise DataError(
                f"{path}: row {row + 1}, of item {ids[row]}, holds {shape}, expected {size or 'some'} numbers"
            )
        found.append(each)
    return ids, np.stack(found)


def _parquet(path: Path) -> tuple[list[str], Rows]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is no parquet file ({error})") from error
    names = table.column_names
    key = next((name for name in IDS if name in names), names[0] if names else "")
    others = [name for name in names if name != key]
    if not others:
        raise DataError(f"{path} has the columns {names}, expected one of ids and one or more of numbers")
    ids = [str(name) for name in table[key].to_pylist()]
    if len(others) > 1:
        return ids, np.column_stack([table[name].to_numpy() for name in others])
    column = table[others[0]]
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return ids, column.to_numpy()[:, None]
    rows = [None if each is None else np.asarray(each) for each in column.to_numpy()]
    return _stacked(path, ids, rows)
