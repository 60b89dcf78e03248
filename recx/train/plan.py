"""Which fits a training makes, and the key that tells whether they have been made before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from recx.data import Dataset, Fold
from recx.errors import UsageError
from recx.metrics.protocol import Protocol
from recx.models import model_class
from recx.models.base import ModelConfig
from recx.train import keys
from recx.train.config import TrainConfig
from recx.train.runs import TrainRun, open_run


@dataclass(frozen=True)
class Plan:
    """One configuration on one data set."""

    config: TrainConfig
    dataset: Dataset
    protocol: Protocol
    metric: str  # on watch
    trial: bool  # of a sweep: the select fit alone
    after: TrainRun | None = None  # the model learns what it leaves over

    @staticmethod
    def of(config: TrainConfig, dataset: Dataset, rates: bool, trial: bool) -> Plan:
        """The plan of ``config``; ``rates`` says whether the model predicts ratings.

        Raises UsageError where rows cannot be changed as it says.
        """
        protocol = Protocol.of(config, dataset)
        metric = config.metric
        rated = rates and dataset.feedback == "explicit"
        if metric == "auto":
            metric = "rmse" if rated else protocol.headline
        if config.bootstrap < 0:
            raise UsageError(f"bootstrap={config.bootstrap}: expected the number of a sample, 0 for none")
        return Plan(config, dataset, protocol, metric, trial, _after(config, dataset, metric, rated))

    @property
    def model(self) -> ModelConfig:
        """Settings of the model."""
        model: ModelConfig = self.config.model
        return model

    @property
    def trains_in_epochs(self) -> bool:
        """Whether there is a number of epochs to select; closed forms skip the select fit."""
        return hasattr(self.model, "epochs")

    @property
    def folds(self) -> list[Fold]:
        """The folds to fit, in order."""
        split = self.dataset.split
        if self.trial:
            return [split.select]
        select = [split.select] if self.trains_in_epochs else []
        return [*select, *split.windows, *([split.final] if self.config.refit else [])]

    def changed(self, fold: Fold) -> list[str]:
        """What is done to the rows of a fold before they are learnt, for its key."""
        found = [f"bootstrap {self.config.bootstrap}"] if self.config.bootstrap else []
        if self.after is not None:
            found.append(f"after {chain_key(self.after, fold)} {self.config.after_lr:g}")
        return found

    @cached_property
    def watched(self) -> str:
        """What may stop the select fit: its metric, protocol and target."""
        watch = self.dataset.split.select.target
        return keys.digest(self.metric, self.protocol.hash, watch.users.tobytes().hex()[:64], len(watch))

    @cached_property
    def key(self) -> str:
        """Of the whole run."""
        return keys.digest(
            [
                keys.fit_key(self.model, self.dataset, fold, self.config.seed, changed=self.changed(fold))
                for fold in self.folds
            ],
            self.watched if self.trains_in_epochs else "",
            self.dataset.fingerprint,
            self.protocol.hash,
        )


def _after(config: TrainConfig, dataset: Dataset, metric: str, rated: bool) -> TrainRun | None:
    """The run that is fitted before; UsageError where there can be none."""
    if not config.after:
        return None
    model = config.model.name
    if not rated:
        raise UsageError(f"after={config.after}: {model} predicts no ratings of {dataset.name}; leave it out")
    if not 0 < config.after_lr <= 1:
        raise UsageError(f"after_lr={config.after_lr:g}: expected a share above 0 and up to 1")
    if metric != "rmse":
        raise UsageError(f"metric={metric}: what a run leaves over is measured by rmse; give metric=rmse")
    run = open_run(Path(config.after))
    if not model_class(run.model.name).rates:
        raise UsageError(f"after={config.after}: {run.model.name} predicts no ratings")
    if run.dataset_fingerprint != dataset.fingerprint:
        raise UsageError(
            f"after={config.after} was trained on other data than {dataset.name} as it is prepared and split "
            f"here; train {run.model.name} again"
        )
    if config.refit and "final" not in run.fits:
        raise UsageError(f"after={config.after} has no fit on train + valid; give refit=no")
    return run


def chain_key(run: TrainRun, fold: Fold) -> str:
    """Of the fits for a fold of a run and of those before it."""
    before = chain_key(open_run(run.after), fold) if run.after else ""
    made = run.fits.get(fold.name)
    # a closed form has not been fitted for select: its other fits say what it is
    own = made.key if made else keys.digest(fold.fingerprint, *(fit.key for fit in run.fits.values()))
    return keys.digest(own, before, run.after_lr)
