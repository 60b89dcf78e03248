"""`audit`: every check on a data set, or on a run, its data set and the runs it was made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from recx import clock, store
from recx.audit.config import AuditConfig
from recx.audit.dated import check_dated
from recx.audit.finding import TITLES, Audit, Check, Finding, plain
from recx.audit.folder import Folder
from recx.audit.future import check_future
from recx.audit.ids import check_ids
from recx.audit.pairs import check_pairs
from recx.audit.run import Run
from recx.audit.statistics import check_statistics
from recx.audit.uses import check_uses
from recx.errors import UsageError
from recx.manifest import Record
from recx.session import Session
from recx.train.machine import limit_threads

QUIET = Session()
FILE = "audit.json"

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
    subject = Path(config.data or config.run)
    run = Run(subject) if config.run else None
    data = Folder(run.dataset(Path(config.data_dir)) if run else subject)
    folder = store.run_folder(Path(config.results), "audit", subject.resolve().name)
    with store.claimed(folder), limit_threads(config.threads), clock.told(session.listener):
        record = Record(folder, "audit", session, asdict(config), config.seed)
        record.note()
        try:
            with record.stage("checks"):
                checks = list(_of_data(data, session))
                if run:
                    checks += _of_run(run, session)
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


def _of_run(run: Run, session: Session) -> Iterator[Check]:
    session.listener.stage(f"audit {run.name} · files")
    yield _check_files(run)


def _check_files(of: Folder | Run) -> Check:
    again = "prepare the data set again" if isinstance(of, Folder) else f"make the run again: recx {of.verb}"
    findings = [Finding("leak", f"{name} is not what was written", name, again) for name in of.changed()]
    return Check("changed-files", of.name, f"sha256 of every file against {of.signed}", tuple(findings))
