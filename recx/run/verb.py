"""`run`: the bases are trained once, fused once per task and evaluated in one report."""

from __future__ import annotations

from dataclasses import replace

from recx.errors import UsageError, did_you_mean
from recx.evaluate import evaluate
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.result import Report
from recx.fuse import fuse
from recx.prepare import prepare
from recx.run.config import RunConfig
from recx.session import Session

QUIET = Session()
TASKS = ("allow", "new")


def run(config: RunConfig, session: Session = QUIET) -> Report:
    """Prepare, train, fuse and evaluate; what an earlier or interrupted run has finished is taken over."""
    tasks = config.tasks
    for task in tasks:
        if task not in TASKS and tasks != ["auto"]:
            raise UsageError(f"tasks={task}: no such task{did_you_mean(task, TASKS)}")
    dataset = prepare(config, session.listener.say)
    if tasks == ["auto"]:
        tasks = list(TASKS) if dataset.repeats else ["new"]
    fusions = [fuse(replace(config, repeat=task), session, resume=True) for task in tasks]
    return evaluate(
        EvaluateConfig(
            k=config.k,
            candidates=config.candidates,
            relevant_from=config.relevant_from,
            runs=[str(fusion.folder) for fusion in fusions],
            data_dir=config.data_dir,
            results=config.results,
            threads=config.threads,
            seed=config.seed,
        ),
        session,
    )
