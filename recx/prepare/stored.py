"""Prepared data sets on disk: written whole, checked when read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recx import store
from recx.data import Catalog, Dataset, Exposures, Fold, IdMap, Interactions, Split
from recx.data.catalog import Column
from recx.errors import DataError
from recx.prepare.log import Log

if TYPE_CHECKING:
    from recx.prepare.build import Prepared

HEADER = "dataset.json"
INTERACTIONS = "interactions.parquet"
USERS = "users.parquet"
ITEMS = "items.parquet"
FILES = (INTERACTIONS, USERS, ITEMS)
FOLD = "fold:"
"""Prefix of the columns that hold a fold's roles."""
EXPOSURES = "exposures.parquet"
SHOWN = ("people", "users", "items", "values", "propensities", "test")
EXTRA = "extra:"
"""Prefix of further columns of exposures."""
ROW = ("user", "item", "value", "time", "event")
AVAILABLE = "available_from"


def prepared_folders(data_dir: Path) -> list[Path]:
    """Folders of finished data sets, by name."""
    return sorted(
        header.parent for header in data_dir.glob(f"*/{HEADER}") if not header.parent.name.startswith(".")
    )


def facts(folder: Path) -> dict[str, Any]:
    """What dataset.json says: counts, dates, cut-offs, sources, the cleaning table, settings.

    Raises DataError where there is no data set.
    """
    if not (folder / HEADER).is_file():
        raise DataError(f"{folder} holds no prepared data set; run: recx prepare")
    return store.read_json(folder / HEADER)


def digests(folder: Path) -> dict[str, str]:
    """sha256 of the files of the data set in ``folder``, by path."""
    return {str(folder / name): digest for name, digest in facts(folder)["files"].items()}


def load(folder: Path) -> Dataset:
    """The data set in ``folder``; DataError where a file is missing or not what was written."""
    header = facts(folder)
    check(folder, header)
    rows = read(folder / INTERACTIONS)
    users, items = read(folder / USERS), read(folder / ITEMS)
    log = Log(
        [str(name) for name in users.pop("id")],
        [str(name) for name in items.pop("id")],
        rows["user"],
        rows["item"],
        rows["value"],
        rows.get("time"),
        rows.get("event"),
        tuple(header["event_names"]),
        header["order"],
        {name: column for name, column in rows.items() if name not in ROW and not name.startswith(FOLD)},
        available_from=items.pop(AVAILABLE, None),
        user_features=users,
        item_features=items,
    )
    shown = _exposures(read(folder / EXPOSURES)) if EXPOSURES in files_of(header) else None
    folds = [(fold["name"], rows[FOLD + fold["name"]], fold["known_at"]) for fold in header["folds"]]
    try:
        return assemble(log, folds, header, shown)
    except KeyError as error:
        raise DataError(
            f"{folder / HEADER} says nothing of {error}: another recx has written it; prepare it again"
        ) from error


def dataset(prepared: Prepared) -> Dataset:
    """What ``load`` would give once ``prepared`` is written."""
    folds = [(fold.name, fold.roles, fold.known_at) for fold in prepared.folds]
    return assemble(prepared.log, folds, prepared.facts, prepared.exposures)


def assemble(
    log: Log,
    folds: Sequence[tuple[str, npt.NDArray[np.uint8], int | None]],
    header: Mapping[str, Any],
    exposures: Exposures | None = None,
) -> Dataset:
    """The data set of rows, their roles and what is known about them."""
    rows = Interactions(
        log.users,
        log.items,
        log.values,
        len(log.user_ids),
        len(log.item_ids),
        log.times,
        log.events,
        log.order,
        log.columns,
    )
    select, *windows, final = (Fold.of(name, rows, roles, known_at) for name, roles, known_at in folds)
    scale = header["value_range"]
    return Dataset(
        header["name"],
        header["fingerprint"],
        IdMap(log.user_ids),
        IdMap(log.item_ids),
        Split(header["split"], select, tuple(windows), final),
        Catalog(
            log.item_features,
            log.user_features,
            log.available_from,
            log.item_ids,
            tuple(header["paid"]),
            header["settings"]["dataset"]["clean"]["fill_missing"],
        ),
        header["feedback"],
        None if scale is None else (float(scale[0]), float(scale[1])),
        header["relevant_from"],
        header["repeats"],
        log.event_names,
        tuple(header["notes"]),
        header,
        exposures,
    )


def save(prepared: Prepared, folder: Path) -> None:
    """Write a data set into ``folder``, which the caller makes appear at once."""
    log = prepared.log
    rows: dict[str, Column] = {"user": log.users, "item": log.items, "value": log.values}
    if log.times is not None:
        rows["time"] = log.times
    if log.events is not None:
        rows["event"] = log.events
    rows |= log.columns
    rows |= {FOLD + fold.name: fold.roles for fold in prepared.folds}
    _write(folder / INTERACTIONS, rows)
    _write(folder / USERS, {"id": np.array(log.user_ids, dtype=object), **log.user_features})
    items: dict[str, Column] = {"id": np.array(log.item_ids, dtype=object), **log.item_features}
    if log.available_from is not None:
        items[AVAILABLE] = log.available_from
    _write(folder / ITEMS, items)
    files = [*FILES]
    if prepared.exposures is not None:
        _write(folder / EXPOSURES, _columns(prepared.exposures))
        files.append(EXPOSURES)
    digests = {name: store.sha256(folder / name) for name in files}
    store.write_json(folder / HEADER, prepared.facts | {"files": digests})


def files_of(header: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the files beside dataset.json, by what that says."""
    return (*FILES, EXPOSURES) if EXPOSURES in header.get("files", {}) else FILES


def find(folder: Path) -> Dataset | None:
    """The data set in ``folder``; None where there is none, or it is not what was written."""
    try:
        return load(folder)
    except DataError:
        return None


def check(folder: Path, header: Mapping[str, Any]) -> None:
    """DataError where a file is missing or not what was written."""
    for name in files_of(header):
        file = folder / name
        if not file.is_file():
            raise DataError(f"{file} is missing; prepare the data set again: recx prepare")
        if store.sha256(file) != header.get("files", {}).get(name):
            raise DataError(
                f"{file} was changed after it had been written; prepare the data set again: recx prepare"
            )


def _columns(exposures: Exposures) -> dict[str, Column]:
    extras = {EXTRA + name: column for name, column in exposures.columns.items()}
    own = {name: getattr(exposures, name) for name in SHOWN}
    return own | extras


def _exposures(rows: dict[str, npt.NDArray[Any]]) -> Exposures:
    extras = {name.removeprefix(EXTRA): rows[name] for name in rows if name.startswith(EXTRA)}
    people, users, items, values, propensities, test = (rows[name] for name in SHOWN)
    return Exposures(people, users, items, values, propensities, test, extras)


def _write(path: Path, columns: Mapping[str, Column]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"O": pa.string()}
    table = pa.table(
        {name: pa.array(column, kinds.get(column.dtype.kind)) for name, column in columns.items()}
    )
    with open(path, "wb") as file:
        pq.write_table(table, file, compression="zstd", compression_level=1)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path, names: Sequence[str] | None = None) -> dict[str, npt.NDArray[Any]]:
    """Columns of a file by name: all, or those of ``names`` that it has."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        table = file.read(None if names is None else [n for n in file.schema_arrow.names if n in names])
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is damaged ({error}); prepare the data set again: recx prepare") from error
    return {name: table[name].to_numpy() for name in table.column_names}
