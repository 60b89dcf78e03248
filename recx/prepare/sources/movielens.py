"""MovieLens 100K (GroupLens): 943 users, 1,682 films, 100,000 ratings of 1997-98."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from recx.data.catalog import Column
from recx.errors import DataError
from recx.prepare.download import fetch_zip
from recx.prepare.duck import database
from recx.prepare.features import align
from recx.prepare.ledger import Ledger
from recx.prepare.locate import given_path
from recx.prepare.log import TEST, TRAIN, Log
from recx.prepare.numbering import numbered_log
from recx.prepare.rawfile import check_file, ids, numbers, open_raw, seconds
from recx.prepare.sources.base import Source
from recx.prepare.sources.config import MovieLensConfig

FEATURES = ("u.item", "u.user", "u.genre")
GENRES_FROM = 5
"""Column of u.item in which the genre flags begin."""


class MovieLens(Source[MovieLensConfig]):
    """u.data, or with split=files an official split such as u1.base and u1.test; films and users."""

    def _folder(self) -> Path:
        folder = given_path(self.config)
        if folder is not None:
            return folder if folder.is_dir() else folder.parent
        folder = self.around.data_dir / "raw" / "ml-100k"
        if not folder.is_dir():
            self.around.say(f"fetching {self.config.url}")
            fetch_zip(self.config.url, self.config.md5, folder)
        return folder

    def _parts(self) -> list[tuple[int, Path]]:
        folder = self._folder()
        if self.around.divided:
            return [(TRAIN, folder / self.config.train_file), (TEST, folder / self.config.test_file)]
        return [(TRAIN, folder / "u.data")]

    def files(self) -> list[Path]:
        files = [file for _, file in self._parts()]
        for file in files:
            check_file(file)
        return files + [file for name in FEATURES if (file := files[0].parent / name).is_file()]

    def read(self, ledger: Ledger) -> Log:
        parts = self._parts()
        with database(self.around.data_dir) as connection:
            selects = []
            for part, path in parts:
                file = open_raw(connection, path, ["user", "item", "rating", "time"], "\t")
                file.load(connection, f"part{part}")
                selects.append(
                    f"SELECT {ids(file, 'user')} AS user, {ids(file, 'item')} AS item, "
                    f"{numbers(connection, file, f'part{part}', 'rating')} AS value, "
                    f"{seconds(connection, file, f'part{part}', 'time', 's')} AS time, "
                    f"{part} AS part FROM part{part}"
                )
            connection.execute(f"CREATE TEMP TABLE ratings AS {' UNION ALL '.join(selects)}")
            rule = "user IS NULL OR item IS NULL OR value IS NULL OR time IS NULL"
            log = numbered_log(connection, "ratings", [("without user, item, rating or date", rule)], ledger)
        folder = parts[0][1].parent
        return replace(
            log,
            parts=log.parts if self.around.divided else None,
            item_features=_films(folder, log.item_ids),
            user_features=_people(folder, log.user_ids),
        )


def _table(path: Path, columns: int) -> list[list[str]]:
    """Rows of a |-separated file; empty where it is missing."""
    if not path.is_file():
        return []
    rows = [line.split("|") for line in path.read_text(encoding="latin-1").splitlines() if line.strip()]
    for number, row in enumerate(rows, 1):
        if len(row) < columns:
            raise DataError(f"{path}: line {number} has {len(row)} columns instead of {columns}")
    return rows


def _films(folder: Path, ids: list[str]) -> dict[str, Column]:
    genres = [row[0] for row in _table(folder / "u.genre", 2)]
    films = _table(folder / "u.item", GENRES_FROM + len(genres))
    if not films:
        return {}
    kinds = [
        "|".join(name for name, flag in zip(genres, film[GENRES_FROM:], strict=False) if flag == "1")
        for film in films
    ]
    years = [re.search(r"\d{4}$", film[2].strip()) for film in films]
    columns = {
        "title": np.array([film[1] for film in films], dtype=object),
        "genres": np.array(kinds, dtype=object),
        "year": np.array([float(year[0]) if year else np.nan for year in years], dtype=np.float32),
    }
    return align(ids, [film[0] for film in films], columns)


def _people(folder: Path, ids: list[str]) -> dict[str, Column]:
    people = _table(folder / "u.user", 5)
    if not people:
        return {}
    columns: dict[str, Column] = {
        "age": np.array([float(row[1]) if row[1].isdigit() else np.nan for row in people], dtype=np.float32)
    }
    for place, name in enumerate(("gender", "occupation", "zip_code"), 2):
        columns[name] = np.array([row[place] for row in people], dtype=object)
    return align(ids, [row[0] for row in people], columns)
