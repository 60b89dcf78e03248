"""`fuse`: bases are trained or taken over, a stacker learns on the windows, and must prove itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path

from recx import clock, store
from recx.data import Dataset
from recx.errors import UsageError
from recx.fuse import guard
from recx.fuse.audit import Auditor
from recx.fuse.carried import carry
from recx.fuse.config import FuseConfig
from recx.fuse.fusers import FUSERS, fuser_class
from recx.fuse.learning import Learning
from recx.fuse.objectives.items import check_goods
from recx.fuse.runs import FuseRun, open_fusion
from recx.manifest import Record
from recx.metrics.protocol import Protocol
from recx.models import model_class
from recx.models.base import ModelConfig, RunOptions
from recx.prepare import prepare
from recx.prepare.inputs import inputs_of
from recx.prepare.plan import folder_of
from recx.session import Session
from recx.train import keys, train
from recx.train.config import TrainConfig
from recx.train.machine import limit_threads, resolve_device
from recx.train.runs import TrainRun, files_of, open_run

QUIET = Session()
AUDIT = ("auto", "all", "no")
RESERVED = (*FUSERS, "agreement", "user", "item", "pair", "vectors", "bias")
"""Labels that mean something else in a fusion."""


def fuse(
    config: FuseConfig,
    session: Session = QUIET,
    resume: bool = False,
    trained: Mapping[str, TrainRun] | None = None,
) -> FuseRun:
    """Train the bases that are missing, learn the stacker and check it on users it has not seen.

    A finished fusion of the same bases and settings is returned as it is; with ``resume`` bases whose
    training was interrupted are continued. ``trained`` are the finished bases by label, where there are some.

    Raises UsageError for settings out of range and for runs that may not feed a stacker.
    """
    tell = session.listener
    _check(config)
    dataset = prepare(config, tell.say)
    protocol = Protocol.of(config, dataset, config.seed)
    opened = _opened(config.runs)
    _check_bases(config, dataset, opened, session)
    runs = opened or dict(trained or {}) or _trained(config, session, resume)
    bases = list(opened or config.bases)
    guard.check_runs(runs, dataset, config.refit)
    results = Path(config.results) / "fuse"
    key = _key(config, runs, protocol)
    if done := keys.find_run(results, key):
        tell.say(f"{config.fuser.name}: fused before, {done}")
        return FuseRun(done, open_fusion(done))
    folder = store.run_folder(Path(config.results), "fuse", config.fuser.name)
    with store.claimed(folder), limit_threads(config.threads) as threads, clock.told(tell):
        record = Record(folder, "fuse", session, asdict(config), config.seed)
        record.note(
            key=key,
            sources=sources(),
            threads=threads,
            dataset={"folder": str(folder_of(config)), "fingerprint": dataset.fingerprint},
            inputs=inputs_of(config) | files_of(runs.values()),
        )
        try:
            _audit(config, dataset, protocol, {label: runs[label] for label in bases}, session, threads)
            learning = Learning(config, dataset, protocol, runs, bases, record, session, threads)
            learning.make()
            carry(folder, learning.runs, folder_of(config))
            store.write_text(folder / store.CONFIG, _yaml(record.facts["config"]))
        except Exception as error:
            record.fail(error)
            raise
        record.end()
    return FuseRun(folder, open_fusion(folder))


def _check(config: FuseConfig) -> None:
    config.fuser.check()
    if config.cache < 0:
        raise UsageError(f"cache={config.cache:g}: expected gigabytes, 0 to keep nothing")
    if config.audit not in AUDIT:
        raise UsageError(f"audit={config.audit}: expected one of {', '.join(AUDIT)}")
    if not config.runs and not config.bases:
        raise UsageError("there is nothing to fuse; give bases=[als,ease] or runs=[results/train/als-…]")
    least = {"top": max([*config.k, 1]), "union": max([*config.k, 1])}
    for name, lowest in least.items():
        if (value := getattr(config, name)) < lowest:
            raise UsageError(f"{name}={value}: lists of {lowest} need {lowest} or more; raise it or lower k")
    if config.split.watch == "valid":
        raise UsageError(
            "split.watch=valid stops the bases on the labels a stacker learns from; "
            "fuse needs split.watch=inner"
        )
    for label in config.bases if not config.runs else ():
        if label in RESERVED:
            raise UsageError(f"a base cannot be called '{label}', that is a part of the fusion; rename it")


def _check_bases(config: FuseConfig, dataset: Dataset, opened: dict[str, TrainRun], session: Session) -> None:
    """UsageError where the fuser can do nothing with these bases on this data; before any is trained."""
    configs: dict[str, ModelConfig] = {label: run.model for label, run in opened.items()} or config.bases
    models = {label: model.name for label, model in configs.items()}
    name, kind = config.fuser.name, fuser_class(config.fuser.name)
    ratings = dataset.feedback == "explicit" and any(model_class(model).rates for model in models.values())
    if not kind.ranks and not ratings:
        why = (
            "none of the bases predicts any" if dataset.feedback == "explicit" else f"{dataset.name} has none"
        )
        raise UsageError(f"{name} fuses ratings, and {why}; choose another fuser, such as fuser=stack")
    if not kind.ranks and (
        mute := [label for label, model in models.items() if not model_class(model).rates]
    ):
        raise UsageError(f"{name} fuses ratings, and {mute[0]} predicts none; leave it out")
    if ratings and not kind.rates:
        session.listener.say(f"{name} ranks and predicts no ratings: those of the bases are not fused")
    if config.fuser.budget is not None and len(models) < 2:
        raise UsageError("fuser.budget chooses among bases, and there is one; leave it out")
    if config.fuser.budget is not None and kind.helpers(config.fuser, list(models)):
        raise UsageError(f"fuser.budget leaves bases out, and {name} needs all of them; leave it out")
    if objectives := config.fuser.objectives:
        if not kind.ranks:
            raise UsageError(
                f"fuser.weight and fuser.floor are about lists, and {name} ranks nothing; leave them out"
            )
        check_goods(dataset, objectives)
    kind.check_bases(config.fuser, list(models))
    if opened and kind.helpers(config.fuser, list(models)):
        raise UsageError(f"{name} trains its bases in ways of its own; give bases=[…] instead of runs=[…]")


def _audit(
    config: FuseConfig,
    dataset: Dataset,
    protocol: Protocol,
    runs: dict[str, TrainRun],
    session: Session,
    threads: int,
) -> None:
    """Bases that were trained here need no audit: their key says what they have learnt."""
    if config.audit == "all" or (config.audit == "auto" and config.runs):
        options = RunOptions(config.seed, resolve_device(config.device), threads)
        Auditor(dataset, protocol, options, session.listener).check(runs, config.audit == "all")


def _trained(config: FuseConfig, session: Session, resume: bool) -> dict[str, TrainRun]:
    """What training the settings of the bases gives, by label, and then what else the fuser needs."""
    shared = {
        field.name: getattr(config, field.name)
        for field in fields(TrainConfig)
        if hasattr(config, field.name)
    }
    # both tasks of a data set use the same bases: what stops them is how its users behave, not what is asked
    # of the fusion
    shared["repeat"] = "auto"
    runs = {
        label: train(TrainConfig(**shared, model=model), session, label, resume)
        for label, model in config.bases.items()
    }
    for helper in fuser_class(config.fuser.name).helpers(config.fuser, list(config.bases)):
        asked = TrainConfig(
            **shared,
            model=config.bases[helper.base],
            after=str(runs[helper.after].folder) if helper.after else "",
            after_lr=helper.after_lr,
            bootstrap=helper.bootstrap,
        )
        runs[helper.label] = train(asked, session, helper.label, resume)
    return runs


def _opened(folders: list[str]) -> dict[str, TrainRun]:
    """Finished runs by label; the end of a folder's name tells two runs of one model apart."""
    runs = [open_run(Path(folder)) for folder in dict.fromkeys(folders)]
    labels = [run.label for run in runs]
    return {
        run.label if labels.count(run.label) == 1 else f"{run.label}@{run.folder.name[-4:]}": run
        for run in runs
    }


def _key(config: FuseConfig, runs: dict[str, TrainRun], protocol: Protocol) -> str:
    """Of everything that shapes the fusion."""
    return keys.digest(
        {
            label: [str(run.folder), {name: fit.key for name, fit in run.fits.items()}]
            for label, run in runs.items()
        },
        asdict(config.fuser),
        [config.top, config.union, config.refit, config.seed],
        protocol.hash,
        sources(),
    )


@cache
def sources() -> str:
    """Hash of the source files that what a fuser learns depends on."""
    room = Path(__file__).parent
    files = {
        *room.rglob("*.py"),
        *(room.parent / "metrics").glob("*.py"),
        *(room.parent / "kernels").glob("*.py"),
    }
    return keys.digest(*(store.sha256(file) for file in sorted(files)))


def _yaml(config: object) -> str:
    import yaml

    text: str = yaml.safe_dump(config, sort_keys=False)
    return text
