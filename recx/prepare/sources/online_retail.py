"""UCI Online Retail (D. Chen, 2015): the invoices of a web shop, with all the dirt of a real one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from recx.errors import DataError, UsageError
from recx.prepare.duck import Connection, database, named, quoted
from recx.prepare.features import align
from recx.prepare.ledger import Ledger
from recx.prepare.locate import needed_path, one_file
from recx.prepare.log import Log
from recx.prepare.numbering import numbered_log
from recx.prepare.rawfile import RawFile, check_file, numbers, open_raw, seconds
from recx.prepare.sources.base import Source
from recx.prepare.sources.config import OnlineRetailConfig

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
AMERICAN = r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4} [0-9]{1,2}:[0-9]{2}"
"""How dates look in the copies of this file that went through a spreadsheet."""


class OnlineRetail(Source[OnlineRetailConfig]):
    """One row per line of an invoice, worth 1, with its quantity and unit price (pounds)."""

    def files(self) -> list[Path]:
        file = one_file(needed_path(self.config), None, (".csv", ".csv.gz", ".parquet"), "dataset.path")
        check_file(file)
        return [file]

    def read(self, ledger: Ledger) -> Log:
        try:
            re.compile(self.config.product_code)
        except re.error as error:
            raise UsageError(
                f"dataset.product_code={self.config.product_code}: no regular expression ({error})"
            ) from None
        with database(self.around.data_dir) as connection:
            file = open_raw(connection, self.files()[0], encoding=self.config.encoding)
            missing = [name for name in COLUMNS if name not in file.columns]
            if missing:
                raise DataError(f"{file.path} has no column '{missing[0]}'; it has {', '.join(file.columns)}")
            file.load(connection, "raw")
            connection.execute(
                f"""CREATE TEMP TABLE lines AS SELECT
                regexp_replace(nullif(trim({named("CustomerID")}::VARCHAR), ''), '\\.0$', '') AS user,
                upper(nullif(trim({named("StockCode")}::VARCHAR), '')) AS item, InvoiceNo::VARCHAR AS invoice,
                {_date(connection, file)} AS time, {numbers(connection, file, "raw", "Quantity")} AS quantity,
                {numbers(connection, file, "raw", "UnitPrice")} AS price,
                trim(Description::VARCHAR) AS description, trim(Country::VARCHAR) AS country FROM raw"""
            )
            log = numbered_log(
                connection,
                "lines",
                [
                    ("without customer", "user IS NULL"),
                    ("without product or date", "item IS NULL OR time IS NULL"),
                    ("cancelled invoices", "invoice LIKE 'C%'"),
                    ("quantity not above 0", "quantity IS NULL OR quantity <= 0"),
                    ("price not above 0", "price IS NULL OR price <= 0"),
                    (
                        "stock codes that are no products",
                        f"NOT regexp_full_match(item, {quoted(self.config.product_code)})",
                    ),
                ],
                ledger,
                extras=("quantity", "price"),
            )
            items = _first(connection, "item", "description")
            users = _first(connection, "user", "country")
        return replace(
            log,
            item_features=align(
                log.item_ids, list(items), {"description": np.array(list(items.values()), object)}
            ),
            user_features=align(
                log.user_ids, list(users), {"country": np.array(list(users.values()), object)}
            ),
        )


def _date(connection: Connection, file: RawFile) -> str:
    """SQL of the date: ISO, or month/day/year as in the copies from spreadsheets."""
    if file.is_text("InvoiceDate"):
        found = connection.execute(
            f"SELECT regexp_full_match(InvoiceDate, '{AMERICAN}') FROM raw LIMIT 1"
        ).fetchone()
        if found and found[0]:
            return "epoch(try_strptime(InvoiceDate, '%m/%d/%Y %H:%M'))::BIGINT"
    return seconds(connection, file, "raw", "InvoiceDate")


def _first(connection: Connection, key: str, column: str) -> dict[str, str]:
    """What the first row of each ``key`` that says anything says: no row after it can change it."""
    rows = connection.execute(
        f"SELECT {key}, arg_min({column}, rowid) FROM judged WHERE bad = 0 AND {column} <> '' "
        f"GROUP BY {key} ORDER BY 1"
    ).fetchall()
    return {str(name): str(text) for name, text in rows}
