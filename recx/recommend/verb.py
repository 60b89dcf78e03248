"""`recommend`: top lists of a finished run for some or all users, streamed into a file."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recx import clock, store
from recx.errors import DataError, UsageError
from recx.metrics.config import ProtocolConfig
from recx.metrics.protocol import Protocol
from recx.models.base import Allowed, split_batch
from recx.prepare.arrivals import Arrivals, arrivals
from recx.prepare.served import ServedSet
from recx.recommend.asked import POPULAR, Asked, Names, open_asked
from recx.recommend.config import RecommendConfig
from recx.recommend.lists import check_out, writer
from recx.recommend.users import Asking
from recx.session import Session
from recx.train.machine import limit_threads

QUIET = Session()
KNOWN = ("all", "valid")
LISTS = (".txt", ".csv", ".tsv", ".ids")
"""Endings that a user's id hardly has: such a word names a file."""
BLOCK = 512
"""Users that are asked about at a time: what is held does not grow with their number."""


@dataclass(frozen=True)
class Written:
    """What was written."""

    path: Path
    users: int
    lines: int
    links: dict[str, int]  # link of the chain -> users whom it answered

    @property
    def unknown(self) -> int:
        """Users whom no model knows."""
        return self.links.get(POPULAR, 0)


def recommend(config: RecommendConfig, session: Session = QUIET) -> Written:
    """Write the ``k`` best items of every user asked for, with reasons where ``explain`` is above 0.

    Users are read and lists are written block by block, and memory does not grow with their number.

    Raises UsageError for settings out of range, DataError where the run or its data set is gone or damaged
    and for rows of ``history`` that cannot be used.
    """
    _check(config)
    path = Path(config.out)
    asked = open_asked(Path(config.run))
    served = _dataset(config, asked)
    links: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    lines = 0
    tell = session.listener
    with limit_threads(config.threads), clock.told(tell), _new_events(config, served) as new:
        for note in new.notes if new else ():
            tell.say(note)
        asking = Asking(served, new, config.users, config.known == "all")
        allowed = _allowed(config, asked, served, asking.at)
        names = Names(served)
        with writer(path, served.items.ids, config.explain > 0) as file:
            for users, batch in asking.blocks():
                for start, part in zip(range(0, len(users), BLOCK), split_batch(batch, BLOCK), strict=True):
                    tell.stage(f"{asked.name} · user {links.total():,}")
                    some = users[start : start + BLOCK]
                    lists = asked.lists(some, part, config.k, allowed, config.explain, names)
                    lines += file.write(lists)
                    links.update(lists.links)
                    missed.update(lists.missed)
        for name, count in missed.items():
            if count:
                tell.say(
                    f"{count:,} of {links.total():,} lists stay below the floor of {name}: "
                    "their candidates allow no more"
                )
    return Written(path, links.total(), lines, dict(links))


def _check(config: RecommendConfig) -> None:
    if not config.run:
        raise UsageError("run is missing: name a finished run, such as run=results/train/als-…; recx ls")
    if config.k < 1 or config.explain < 0:
        raise UsageError(f"k={config.k} explain={config.explain}: k must be 1 or more, explain 0 or more")
    if config.known not in KNOWN:
        raise UsageError(f"known={config.known}: expected one of {', '.join(KNOWN)}")
    Protocol.check(ProtocolConfig([config.k], config.repeat, config.candidates))
    check_out(Path(config.out))
    if (
        len(config.users) == 1
        and Path(config.users[0]).suffix in LISTS
        and not Path(config.users[0]).is_file()
    ):
        raise UsageError(f"users={config.users[0]}: there is no such file")


def _allowed(config: RecommendConfig, asked: Asked, served: ServedSet, at: int | None) -> Allowed:
    """The candidate policy: what is available at the moment of the question."""
    if asked.most_items is not None and config.k > asked.most_items:
        raise UsageError(
            f"k={config.k}: {config.run} chooses among {asked.most_items} candidates; "
            f"set k={asked.most_items} or less, or fuse with a larger union"
        )
    sold = served.sold() if config.candidates == "train" else None
    protocol = Protocol((config.k,), _repeat(config, asked, served), config.candidates, None, config.seed)
    return protocol.policy(served.n_items, sold, served.available_from, at)


def _repeat(config: RecommendConfig, asked: Asked, served: ServedSet) -> str:
    """What is asked for; a fusion answers the task it was made for."""
    if asked.repeat is not None and config.repeat not in ("auto", asked.repeat):
        raise UsageError(
            f"{config.run} was fused with repeat={asked.repeat}, not repeat={config.repeat}; fuse again"
        )
    if asked.repeat is None and config.repeat == "auto":
        return "allow" if served.header["repeats"] else "new"
    return asked.repeat or config.repeat


def _dataset(config: RecommendConfig, asked: Asked) -> ServedSet:
    folder, fingerprint = asked.dataset
    for place in (folder, Path(config.data_dir) / folder.name):
        if place.is_dir():
            served = ServedSet.open(place)
            if served.fingerprint != fingerprint:
                raise DataError(f"{place} is not what {config.run} was trained on; prepare it again")
            return served
    raise DataError(f"the data set of {config.run} is gone: no {folder}; prepare it again")


@contextmanager
def _new_events(config: RecommendConfig, served: ServedSet) -> Iterator[Arrivals | None]:
    """The events of ``history``, sorted into files that are gone afterwards."""
    if config.history is None:
        yield None
        return
    place = Path(config.out).absolute().parent
    try:
        place.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(prefix=store.TEMPORARY, dir=place)
    except OSError as error:
        raise store.disk_error(error, place) from error
    with scratch as folder:
        yield arrivals(Path(config.history), served, Path(folder))
