"""A line is a user and all its items, in no order: LightGCN's Gowalla files and others of that kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from recx.prepare.ledger import Ledger
from recx.prepare.lines import read_lines
from recx.prepare.locate import beside, needed_path
from recx.prepare.log import TEST, TRAIN, VALID, Log
from recx.prepare.rawfile import check_file
from recx.prepare.sources.base import Source
from recx.prepare.sources.config import AdjacencyConfig
from recx.prepare.sources.sequences import log_of_lines


class Adjacency(Source[AdjacencyConfig]):
    """``user item item ...`` in one file per part; other splits than split=files see all parts as one log."""

    def _parts(self) -> list[tuple[int, Path]]:
        path = needed_path(self.config)
        named = (
            (TRAIN, path.name if path.is_file() else self.config.train_file),
            (VALID, self.config.valid_file),
            (TEST, self.config.test_file),
        )
        return [(part, beside(path, name)) for part, name in named if name is not None]

    def files(self) -> list[Path]:
        files = [file for _, file in self._parts()]
        for file in files:
            check_file(file)
        return files

    def read(self, ledger: Ledger) -> Log:
        users: list[str] = []
        items: list[list[str]] = []
        parts: list[int] = []
        for part, file in self._parts():
            lines = [line.split() for line in read_lines(file)]
            users += [words[0] for words in lines if words]
            items += [words[1:] for words in lines if words]
            parts += [part] * sum(len(words) - 1 for words in lines if words)
        log = log_of_lines(users, items, "none")
        if self.around.divided:
            log = replace(log, parts=np.array(parts, dtype=np.uint8))
        ledger.add("read", *log.counts)
        return log
