"""A line is one session's items, oldest first; test lines are questions: items so far, TAB, the next item."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from recx.errors import DataError
from recx.prepare.ledger import Ledger
from recx.prepare.lines import read_lines
from recx.prepare.locate import beside, needed_path, one_file
from recx.prepare.log import GIVEN, TEST, TRAIN, Log
from recx.prepare.rawfile import check_file
from recx.prepare.sources.base import Source
from recx.prepare.sources.config import SessionsConfig
from recx.prepare.sources.sequences import log_of_lines


class Sessions(Source[SessionsConfig]):
    """Sessions are the users, called by their line; a test question is one of its own, called test-<line>."""

    def _paths(self) -> tuple[Path, Path | None]:
        path = needed_path(self.config)
        train = one_file(path, self.config.train_file, (".txt", ".txt.gz"), "dataset.train_file")
        test = self.config.test_file if self.around.divided else None
        return train, beside(path, test) if test else None

    def files(self) -> list[Path]:
        files = [file for file in self._paths() if file is not None]
        for file in files:
            check_file(file)
        return files

    def read(self, ledger: Ledger) -> Log:
        train, test = self._paths()
        users: list[str] = []
        items: list[list[str]] = []
        parts: list[int] = []
        for number, line in enumerate(read_lines(train), 1):
            if words := line.split():
                users.append(str(number))
                items.append(words)
                parts += [TRAIN] * len(words)
        for number, line in enumerate(read_lines(test), 1) if test else ():
            if not line.strip():
                continue
            prefix, tab, answer = line.partition("\t")
            if not tab or not prefix.split() or len(answer.split()) != 1:
                raise DataError(
                    f"{test}: line {number} '{line[:40]}' does not read: items so far, TAB, next item"
                )
            users.append(f"test-{number}")
            items.append([*prefix.split(), answer.strip()])
            parts += [*[GIVEN] * len(prefix.split()), TEST]
        log = log_of_lines(users, items, "sequence")
        if self.around.divided:
            log = replace(log, parts=np.array(parts, dtype=np.uint8))
        ledger.add("read", *log.counts)
        return log
