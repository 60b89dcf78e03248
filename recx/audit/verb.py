"""`audit`: every check on a data set, or on a run, its data set and the runs it was made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from recx import clock, store
from recx.audit.config import AuditConfig
from recx.audit.dated import check_dated
from recx.audit.finding import TITLES, Audit, Check, Finding, plain
from recx.audit.fits import Question, check_learnt
from recx.audit.folder import Folder
from recx.audit.fusion import check_stacker
from recx.audit.future import check_future
from recx.audit.ids import check_ids
from recx.audit.pairs import check_pairs
from recx.audit.relearn import check_relearnt
from recx.audit.run import Run
from recx.audit.selection import check_selection
from recx.audit.statistics import check_statistics
from recx.audit.uses import check_uses
from recx.data import Dataset
from recx.errors import DataError, UsageError
from recx.fuse.audit import Auditor
from recx.manifest import Record
from recx.metrics.config import ProtocolConfig
from recx.metrics.protocol import Protocol
from recx.models.base import RunOptions
from recx.prepare import stored
from recx.session import Session
from recx.train.machine import limit_threads, resolve_device

QUIET = Session()
FILE = "audit.json"
REFIT = ("auto", "all", "no")

DATA: tuple[Callable[[Folder], Check | list[Check]], ...] = (
    check_uses,
    check_future,
    check_pairs,
    check_statistics,
    check_dated,
    check_ids,
)
"""What is asked of every data set."""


def audit(config: AuditConfig, session: Session = QUIET) -> Audit:
    """Look for leaks in ``config.data``, or in ``config.run`` and what it was made from; writes audit.json.

    What is found is no error: the exit code of an Audit is 5 where something leaks.
    Raises UsageError where neither or both are named or nothing is there, DataError where a file is missing
    or cannot be read.
    """
    if bool(config.data) == bool(config.run):
        raise UsageError(
            "name one thing to look at: data=data/prepared/… (recx datasets) or run=results/train/… (recx ls)"
        )
    if config.refit not in REFIT:
        raise UsageError(f"refit={config.refit}: expected one of {', '.join(REFIT)}")
    subject = Path(config.data or config.run)
    run = Run(subject) if config.run else None
    data = Folder(run.dataset(Path(config.data_dir)) if run else subject)
    folder = store.run_folder(Path(config.results), "audit", subject.resolve().name)
    with store.claimed(folder), limit_threads(config.threads) as threads, clock.told(session.listener):
        record = Record(folder, "audit", session, asdict(config), config.seed)
        record.note()
        try:
            with record.stage("checks"):
                checks = list(_of_data(data, session))
                if run:
                    fits = RunOptions(config.seed, resolve_device(config.device), threads)
                    options = Options(config.refit, fits, Path(config.data_dir))
                    checks += _of_run(run, data, options, session)
        except Exception as error:
            record.fail(error)
            raise
        order = list(TITLES)
        found = Audit(str(subject), str(folder), sorted(checks, key=lambda check: order.index(check.name)))
        store.write_json(folder / FILE, plain(found))
        record.note(leaks=len(found.leaks))
        record.end()
    return found


def _of_data(data: Folder, session: Session) -> Iterator[Check]:
    session.listener.stage(f"audit {data.name} · files")
    yield _check_files(data)
    for check in DATA:
        session.listener.stage(f"audit {data.name} · {check.__name__.removeprefix('check_')}")
        found = check(data)
        yield from found if isinstance(found, list) else [found]


@dataclass(frozen=True)
class Options:
    """How runs are looked at."""

    refit: str
    run: RunOptions
    data_dir: Path


def _of_run(run: Run, data: Folder, options: Options, session: Session) -> Iterator[Check]:
    yield _check_files(run)
    if data.changed():
        yield _out_of_reach(run)
        return
    dataset = stored.load(data.folder)
    if run.fingerprint not in (None, dataset.fingerprint):
        raise DataError(
            f"{data.folder} is not what {run.folder} was made on; recx prepare, then make it again"
        )
    yield from _in_run(run, dataset, options, session)


def _in_run(
    run: Run, dataset: Dataset, options: Options, session: Session, feeds: bool = False
) -> Iterator[Check]:
    """Checks of a run and of those it was made from; ``feeds`` says that it is a base of a fusion."""
    asks = options.refit != "no"
    session.listener.stage(f"audit {run.name}")
    if run.verb == "train":
        protocol = Protocol.of(ProtocolConfig(), dataset)
        auditor = Auditor(dataset, protocol, options.run, session.listener) if asks else None
        yield from check_learnt(run, Question(dataset, auditor, options.refit == "all"), feeds)
    elif run.verb == "fuse":
        yield from check_stacker(run, dataset)
        if options.refit == "all":
            yield check_relearnt(run, dataset, session)
    yield check_selection(run, dataset, asks)
    # a sweep may have hundreds of trials: the best one is asked, with the leaderboard
    asked = replace(options, refit="no") if run.verb == "sweep" else options
    known: dict[str | None, Dataset] = {dataset.fingerprint: dataset}
    for part in run.parts:
        if run.folder not in part.folder.parents or run.verb == "sweep":
            yield _check_files(part)  # the fusion's own checksums are those of what it carries
        if part.fingerprint not in known:
            if run.verb != "evaluate":  # a report may be of several folds, which are a data set each
                raise DataError(f"{part.folder} was made on another data set than {run.folder}")
            data = Folder(part.dataset(options.data_dir))
            yield from _of_data(data, session)
            if data.changed():
                yield _out_of_reach(part)
                continue
            known[part.fingerprint] = stored.load(data.folder)
        yield from _in_run(part, known[part.fingerprint], asked, session, feeds=run.verb == "fuse")


def _out_of_reach(run: Run) -> Check:
    return Check("learnt", run.name, "its data set is no longer what was written", applies=False)


def _check_files(of: Folder | Run) -> Check:
    again = "prepare the data set again" if isinstance(of, Folder) else f"make the run again: recx {of.verb}"
    findings = [Finding("leak", f"{name} is not what was written", name, again) for name in of.changed()]
    return Check("changed-files", of.name, f"sha256 of every file against {of.signed}", tuple(findings))
