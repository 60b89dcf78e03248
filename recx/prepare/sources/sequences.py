"""A line is one user's items, oldest first: S3-Rec's Amazon files and others of that kind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from recx.data.catalog import Column
from recx.errors import DataError
from recx.prepare.features import align
from recx.prepare.ledger import Ledger
from recx.prepare.lines import read_lines
from recx.prepare.locate import beside, needed_path, one_file
from recx.prepare.log import Log
from recx.prepare.numbering import number_words
from recx.prepare.rawfile import check_file
from recx.prepare.sources.base import Source
from recx.prepare.sources.config import SequencesConfig


class Sequences(Source[SequencesConfig]):
    """``user item item ...``, or ``item item ...`` with user_first=no. No dates, but an order."""

    def files(self) -> list[Path]:
        path = needed_path(self.config)
        files = [one_file(path, self.config.file, (".txt", ".txt.gz"), "dataset.file")]
        if self.config.attributes:
            files.append(beside(path, self.config.attributes))
        for file in files:
            check_file(file)
        return files

    def read(self, ledger: Ledger) -> Log:
        file, *attributes = self.files()
        lines = [line.split() for line in read_lines(file)]
        if self.config.user_first:
            names = [words[0] for words in lines if words]
            lines = [words[1:] for words in lines if words]
        else:
            names = [str(number) for number, words in enumerate(lines, 1) if words]
            lines = [words for words in lines if words]
        log = log_of_lines(names, lines, "sequence")
        ledger.add("read", *log.counts)
        if attributes:
            features = _attributes(attributes[0], log.item_ids)
            log = replace(log, item_features=features)
        return log


def log_of_lines(users: list[str], items: list[list[str]], order: str) -> Log:
    """Rows of one line after the other; a user with several lines has them joined."""
    if not any(items):
        raise DataError("no line holds an item; a line reads: user item item ...")
    user_ids, line_users = number_words(users)
    item_ids, numbers = number_words([word for words in items for word in words])
    lengths = np.fromiter(map(len, items), dtype=np.int64, count=len(items))
    return Log(
        user_ids,
        item_ids,
        np.repeat(line_users, lengths),
        numbers,
        np.ones(len(numbers), dtype=np.float32),
        order="sequence" if order == "sequence" else "none",
    )


def _attributes(path: Path, item_ids: list[str]) -> dict[str, Column]:
    """The feature "attributes": the ids of an item's attributes joined by |."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        joined = {str(item): "|".join(map(str, values)) for item, values in known.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise DataError(f"{path} is no JSON object of item -> list of attributes") from error
    column = np.array(list(joined.values()), dtype=object)
    return align(item_ids, list(joined), {"attributes": column})
