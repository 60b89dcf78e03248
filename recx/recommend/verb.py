"""`recommend`: top lists of a finished run for some or all users, streamed into a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recx import clock
from recx.arrays import Int32
from recx.data import Dataset, Interactions, Rankings, UserBatch, user_batches
from recx.errors import DataError, UsageError
from recx.metrics.config import ProtocolConfig
from recx.metrics.protocol import Protocol
from recx.prepare import stored
from recx.recommend.asked import Asked, Names, open_asked
from recx.recommend.config import RecommendConfig
from recx.recommend.lists import Line, Why, check_ending, writer
from recx.session import Session
from recx.train.machine import limit_threads

QUIET = Session()
KNOWN = ("all", "valid")
BLOCK = 512
"""Users that are asked about at a time: what is held does not grow with their number."""


@dataclass(frozen=True)
class Written:
    """What was written."""

    path: Path
    users: int
    lines: int
    unknown: int  # users whom no model knows


def recommend(config: RecommendConfig, session: Session = QUIET) -> Written:
    """Write the ``k`` best items of every user asked for, with reasons where ``explain`` is above 0.

    Raises UsageError for settings out of range, DataError where the run or its data set is gone or damaged.
    """
    _check(config)
    asked = open_asked(Path(config.run))
    dataset = _dataset(config, asked)
    protocol = Protocol.of(
        ProtocolConfig([config.k], _repeat(config, asked), config.candidates), dataset, config.seed
    )
    ids, numbers = _users(config, dataset)
    history, known_at = _known(config, dataset)
    allowed = protocol.allowed(dataset, dataset.split.final)
    names, path = Names(dataset), Path(config.out)
    lines = unknown = 0
    with (
        limit_threads(config.threads),
        clock.told(session.listener),
        writer(path, config.explain > 0) as file,
    ):
        for start, batch in _batches(numbers, history, known_at):
            session.listener.stage(f"{asked.name} · user {start:,} of {len(ids):,}")
            lists = asked.lists(batch, config.k, allowed)
            knows = asked.knows(batch)
            why = asked.why(batch, lists, allowed, config.explain, names) if config.explain else None
            block = _lines(ids[start : start + len(batch)], lists, knows, why, asked.name, dataset)
            file.write(block)
            lines += len(block)
            unknown += int((~knows).sum())
    return Written(path, len(ids), lines, unknown)


def _check(config: RecommendConfig) -> None:
    if not config.run:
        raise UsageError("run is missing: name a finished run, such as run=results/train/als-…; recx ls")
    if config.k < 1 or config.explain < 0:
        raise UsageError(f"k={config.k} explain={config.explain}: k must be 1 or more, explain 0 or more")
    if config.known not in KNOWN:
        raise UsageError(f"known={config.known}: expected one of {', '.join(KNOWN)}")
    Protocol.check(ProtocolConfig([config.k], config.repeat, config.candidates))
    check_ending(Path(config.out))


def _repeat(config: RecommendConfig, asked: Asked) -> str:
    """What is asked for; a fusion answers the task it was made for."""
    if asked.repeat is None or config.repeat in ("auto", asked.repeat):
        return asked.repeat or config.repeat
    raise UsageError(
        f"{config.run} was fused with repeat={asked.repeat}, not repeat={config.repeat}; fuse again"
    )


def _dataset(config: RecommendConfig, asked: Asked) -> Dataset:
    folder, fingerprint = asked.dataset
    for place in (folder, Path(config.data_dir) / folder.name):
        if place.is_dir():
            dataset = stored.load(place)
            if dataset.fingerprint != fingerprint:
                raise DataError(f"{place} is not what {config.run} was trained on; prepare it again")
            return dataset
    raise DataError(f"the data set of {config.run} is gone: no {folder}; prepare it again")


def _users(config: RecommendConfig, dataset: Dataset) -> tuple[list[str], Int32]:
    """Outside ids and numbers of the users asked for; -1: not in the log."""
    asked = config.users
    if len(asked) == 1 and Path(asked[0]).is_file():
        try:
            asked = [line.strip() for line in Path(asked[0]).read_text(encoding="utf-8").splitlines()]
        except UnicodeDecodeError as error:
            raise DataError(f"{config.users[0]} is not UTF-8 text ({error})") from error
        asked = [name for name in asked if name]
        if not asked:
            raise DataError(f"{config.users[0]} names no user")
    ids = list(dict.fromkeys(asked)) or list(dataset.users.ids)
    return ids, dataset.users.numbers(ids)


def _known(config: RecommendConfig, dataset: Dataset) -> tuple[Interactions, int | None]:
    """The input, and the moment after it."""
    final = dataset.split.final
    if config.known == "valid":
        return final.history, final.known_at
    log = final.history.merged(final.target)
    if final.known_at is None or log.times is None:
        return log, None
    return log, max(final.known_at, int(log.times.max()) + 1)


def _batches(users: Int32, history: Interactions, known_at: int | None) -> Iterator[tuple[int, UserBatch]]:
    """Blocks of users with their histories; strangers come with none."""
    # an extra user without a history stands for all strangers
    strangers = Interactions(
        history.users, history.items, history.values, history.n_users + 1, history.n_items,
        history.times, history.events, history.order,
    )  # fmt: skip
    rows = np.where(users < 0, history.n_users, users).astype(np.int32)
    start = 0
    for batch in user_batches(rows, strangers, known_at, BLOCK):
        asked = users[start : start + len(batch)]
        yield start, UserBatch(asked, batch.histories, batch.at)
        start += len(batch)


def _lines(
    ids: list[str],
    lists: Rankings,
    knows: np.ndarray[tuple[int], np.dtype[np.bool_]],
    why: list[list[list[Why]]] | None,
    name: str,
    dataset: Dataset,
) -> list[Line]:
    found = []
    for row, user in enumerate(ids):
        answered_by = name if knows[row] else "popularity"
        for rank, item in enumerate(lists.items[row]):
            if item < 0:
                break
            reasons = tuple(why[row][rank]) if why else ()
            found.append(
                Line(
                    user,
                    rank + 1,
                    dataset.items[int(item)],
                    float(lists.scores[row, rank]),
                    answered_by,
                    reasons,
                )
            )
    return found
