"""Any table somebody has: columns are found by their usual names, or mapped."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from recx.arrays import Int64
from recx.data.catalog import Column
from recx.errors import DataError, UsageError, did_you_mean
from recx.prepare.duck import Connection, database, named
from recx.prepare.features import align
from recx.prepare.ledger import Ledger
from recx.prepare.locate import beside, needed_path, one_file
from recx.prepare.log import TEST, TRAIN, VALID, Log
from recx.prepare.numbering import PROPENSITY, numbered_log
from recx.prepare.rawfile import (
    NUMERIC,
    RawFile,
    check_file,
    ids,
    numbers,
    open_raw,
    propensities,
    seconds,
)
from recx.prepare.sources.base import Source
from recx.prepare.sources.config import CsvConfig

USUAL = {
    "user": "user userid uid customer customerid clientid visitorid memberid householdid buyerid reviewerid "
    "sessionid author",
    "item": "item itemid iid product productid asin parentasin sku stockcode articleid movieid bookid "
    "artistid trackid songid businessid goodsid",
    "value": "value rating score stars overall",
    "time": "time timestamp date datetime ts unixtime unixreviewtime eventtime reviewtime ratedat createdat "
    "orderdate invoicedate purchasedate",
    "event": "event eventtype action actiontype behavior behaviour behaviortype interactiontype",
}
"""Role -> the names it usually goes by: lower case, letters and digits only."""
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".jsonl", ".ndjson", ".json", ".dat", ".inter")
AVAILABLE = "available_from"
"""The column of an item file that says from when on an item can be recommended."""


class Tables(Source[CsvConfig]):
    """A log of user and item, and, where they are there, value, date and event; feature files beside it."""

    def _parts(self) -> list[tuple[int, Path]]:
        path, config = needed_path(self.config), self.config
        if not self.around.divided:
            suffixes = (*SUFFIXES, *(f"{suffix}.gz" for suffix in SUFFIXES))
            return [(TRAIN, one_file(path, config.file, suffixes, "dataset.file"))]
        train = beside(path, config.train_file) if config.train_file else path
        others = ((VALID, config.valid_file), (TEST, config.test_file))
        return [(TRAIN, train), *((part, beside(path, name)) for part, name in others if name)]

    def files(self) -> list[Path]:
        parts = [file for _, file in self._parts()]
        named_files = (self.config.item_file, self.config.user_file)
        features = [beside(needed_path(self.config), name) for name in named_files if name]
        for file in (*parts, *features):
            check_file(file)
        return [*parts, *features]

    def read(self, ledger: Ledger) -> Log:
        config, path = self.config, needed_path(self.config)
        with database(self.around.data_dir) as connection:
            selects = [self._select(connection, part, file) for part, file in self._parts()]
            connection.execute(f"CREATE TEMP TABLE log AS {' UNION ALL BY NAME '.join(selects)}")
            log = self._log(connection, ledger)
            if config.item_file:
                log = self._with_items(connection, log, beside(path, config.item_file))
            if config.user_file:
                known, columns = self._features(connection, beside(path, config.user_file), "user")
                log = replace(log, user_features=align(log.user_ids, known, columns))
        return log

    def _select(self, connection: Connection, part: int, path: Path) -> str:
        """SQL of one part's rows as user, item and what else there is."""
        config = self.config
        file = open_raw(connection, path, config.names, config.separator, config.encoding)
        columns = {role: find_column(file, role, getattr(config, role)) for role in USUAL}
        for role in ("user", "item"):
            if columns[role] is None:
                raise DataError(
                    f"{path} has no {role} column among {', '.join(file.columns)}; "
                    f"name it with dataset.{role}=..."
                )
        table = f"part{part}"
        file.load(connection, table)
        picked = [f"{ids(file, columns[role] or '')} AS {role}" for role in ("user", "item")]
        if columns["value"]:
            picked.append(f"{numbers(connection, file, table, columns['value'])} AS value")
        elif config.feedback == "explicit":
            raise DataError(
                f"{path} has no value column among {', '.join(file.columns)}; "
                "ratings need one, name it with dataset.value=..."
            )
        if columns["time"]:
            picked.append(f"{seconds(connection, file, table, columns['time'], config.time_unit)} AS time")
        if columns["event"]:
            picked.append(f"{ids(file, columns['event'])} AS event")
        if config.propensity is not None:
            picked.append(f"{propensities(connection, file, table, config.propensity)} AS {PROPENSITY}")
        reserved = (*USUAL, "part", *([PROPENSITY] if config.propensity is not None else []))
        for extra in config.extras:
            if extra not in file.columns:
                raise DataError(f"{path} has no column '{extra}'{did_you_mean(extra, file.columns)}")
            if extra in reserved:
                raise UsageError(f"dataset.extras: '{extra}' is a column with a meaning of its own")
            picked.append(f"{numbers(connection, file, table, extra)} AS {named(extra)}")
        return f"SELECT {', '.join(picked)}, {part} AS part FROM {table}"

    def _log(self, connection: Connection, ledger: Ledger) -> Log:
        present = {str(row[0]) for row in connection.execute("DESCRIBE log").fetchall()}
        rules = [("without user or item", "user IS NULL OR item IS NULL")]
        for role, what in (
            ("value", "without value"),
            ("time", "without date"),
            ("event", "without event type"),
        ):
            if role in present:
                rules.append((what, f"{role} IS NULL"))
        log = numbered_log(
            connection, "log", rules, ledger, extras=self.config.extras, ordered=self.config.rows_in_order
        )
        if log.times is not None and np.any(np.diff(log.times) < 0):
            self.around.say("rows are not in the order of their dates; they are sorted")
        return log if self.around.divided else replace(log, parts=None)

    def _with_items(self, connection: Connection, log: Log, path: Path) -> Log:
        known, columns = self._features(connection, path, "item")
        if self.config.cold_items:
            if self.config.clean.min_item > 1:
                raise UsageError(
                    "dataset.cold_items=yes needs dataset.clean.min_item=1: a cold item has no users"
                )
            sold = set(log.item_ids)
            log = replace(
                log, item_ids=[*log.item_ids, *dict.fromkeys(name for name in known if name not in sold)]
            )
            log = replace(log, keep_items=np.isin(np.array(log.item_ids), np.array(known)))
        features = align(log.item_ids, known, columns)
        since = features.pop(AVAILABLE, None)
        return replace(log, item_features=features, available_from=None if since is None else _moments(since))

    def _features(self, connection: Connection, path: Path, role: str) -> tuple[list[str], dict[str, Column]]:
        """Ids and columns of a feature file: numbers as float32, the rest as words."""
        file = open_raw(connection, path, (), self.config.separator, self.config.encoding)
        given = getattr(self.config, role)
        key = given if given in file.columns else find_column(file, role, None)
        if key is None:
            raise DataError(
                f"{path} has no {role} column among {', '.join(file.columns)}; name it dataset.{role}=..."
            )
        wanted = self.config.features
        file.load(connection, "features")
        picked = [f"{ids(file, key)} AS {named(key)}"]
        for name in file.columns:
            if name == key or not (name == AVAILABLE or wanted is None or _word(name) in wanted):
                continue
            if name == AVAILABLE:
                picked.append(
                    f"{seconds(connection, file, 'features', name, self.config.time_unit)} AS {named(name)}"
                )
            elif name not in self.config.categories and _all_numbers(connection, file, name):
                picked.append(f"{numbers(connection, file, 'features', name)}::FLOAT AS {named(name)}")
            else:
                picked.append(f"coalesce({ids(file, name)}, '') AS {named(name)}")
        order = f"SELECT {', '.join(picked)} FROM features WHERE {ids(file, key)} IS NOT NULL ORDER BY rowid"
        rows = connection.execute(order).fetchnumpy()
        columns = {_word(name): _column(np.ma.asarray(rows[name])) for name in rows if name != key}
        return [str(name) for name in rows[key]], columns


def find_column(file: RawFile, role: str, given: str | None) -> str | None:
    """The column that plays ``role``: ``given``, or the first usual name; None where there is none."""
    if given == "none":
        return None
    if given is not None:
        if given not in file.columns:
            raise DataError(
                f"{file.path} has no column '{given}' (dataset.{role}); it has {', '.join(file.columns)}"
            )
        return given
    plain = {_plain(name): name for name in reversed(file.columns)}
    return next((plain[name] for name in USUAL[role].split() if name in plain), None)


def _plain(name: str) -> str:
    """User_ID and user_id:token are userid."""
    return re.sub(r"[^a-z0-9]", "", _word(name).lower())


def _word(name: str) -> str:
    """A column's name without the type that some toolkits append after a colon."""
    return name.partition(":")[0]


def _all_numbers(connection: Connection, file: RawFile, column: str) -> bool:
    """Whether everything in the column is a number and something is."""
    if not file.is_text(column):
        return file.columns[column].startswith(("U", *NUMERIC))
    text = f"nullif(trim({named(column)}), '')"
    counted = f"SELECT count({text}), count(try_cast({text} AS DOUBLE)) FROM features"
    texts, found = connection.execute(counted).fetchone() or (0, 0)
    return bool(texts == found > 0)


def _column(column: Column) -> Column:
    if column.dtype.kind in "fiu":
        return np.asarray(np.ma.filled(column.astype(np.float64), np.nan))
    return np.asarray(column, dtype=object)


def _moments(since: Column) -> Int64:
    """Unix seconds; the beginning of time where nothing is said."""
    return np.nan_to_num(since.astype(np.float64), nan=float(np.iinfo(np.int32).min)).astype(np.int64)
