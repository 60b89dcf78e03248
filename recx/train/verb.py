"""`train`: up to three fits of one configuration, each made once, and what they score on watch and valid."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from recx import clock, store
from recx.manifest import Record
from recx.metrics.protocol import Protocol
from recx.models import create
from recx.models.base import RunOptions
from recx.prepare import prepare
from recx.prepare.inputs import inputs_of
from recx.prepare.plan import folder_of
from recx.session import Session
from recx.train import keys
from recx.train.config import TrainConfig
from recx.train.fits import Fits
from recx.train.machine import limit_threads, resolve_device
from recx.train.plan import Plan
from recx.train.runs import TrainRun, open_run

QUIET = Session()


def train(
    config: TrainConfig,
    session: Session = QUIET,
    label: str | None = None,
    resume: bool = False,
    trial: bool = False,
) -> TrainRun:
    """Train one model: the select fit finds how many epochs, the window fits score valid, the final one test.

    A ``trial`` of a sweep makes the select fit only and is measured on watch.

    A finished run of the same model, data, seed and sources is returned as it is. With ``resume`` an
    unfinished one is continued, after the last epoch it completed.

    Raises UsageError for settings the model cannot take, DataError where the data cannot carry it.
    """
    tell = session.listener
    # a fusion names its bases, and has told about the data already
    say = tell.say if label is None else None
    label = label or config.model.name
    model = create(config.model)
    device = resolve_device(config.device)
    Protocol.check(config)
    dataset = prepare(config, say)
    plan = Plan.of(config, dataset, model.rates, trial)
    results = Path(config.results) / "train"
    if done := keys.find_run(results, plan.key):
        tell.say(f"{label}: trained before, {done}")
        return replace(open_run(done), label=label)
    unfinished = keys.find_run(results, plan.key, status="running") if resume else None
    earlier = store.read_json(unfinished / store.MANIFEST) if unfinished else {}
    folder = unfinished or store.run_folder(Path(config.results), "train", label)
    with store.claimed(folder), limit_threads(config.threads) as threads, clock.told(tell):
        record = Record(folder, "train", session, asdict(config), config.seed)
        record.note(
            key=plan.key,
            label=label,
            model=asdict(config.model),
            sources=keys.sources(config.model.name),
            dataset={"folder": str(folder_of(config)), "fingerprint": dataset.fingerprint},
            inputs=inputs_of(config) | {str(file): store.sha256(file) for file in config.model.files()},
            threads=threads,
            device=device,
            trial=trial,
            stopped_on_valid=plan.trains_in_epochs and config.split.watch == "valid",
            metric=plan.metric if plan.trains_in_epochs or trial else None,
            after=str(Path(config.after).resolve()) if config.after else None,
            after_lr=config.after_lr,
            bootstrap=config.bootstrap,
            fits=earlier.get("fits", {}),
        )
        try:
            Fits(plan, record, session, label, RunOptions(config.seed, device, threads)).make()
        except Exception as error:
            record.fail(error)
            raise
        record.end()
    return open_run(folder)
