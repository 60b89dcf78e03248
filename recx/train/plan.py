"""Which fits a training makes, and the key that tells whether they have been made before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from recx.data import Dataset, Fold
from recx.metrics.protocol import Protocol
from recx.models.base import ModelConfig
from recx.train import keys
from recx.train.config import TrainConfig


@dataclass(frozen=True)
class Plan:
    """One configuration on one data set."""

    config: TrainConfig
    dataset: Dataset
    protocol: Protocol
    metric: str  # on watch
    trial: bool  # of a sweep: the select fit alone

    @staticmethod
    def of(config: TrainConfig, dataset: Dataset, rates: bool, trial: bool) -> Plan:
        """The plan of ``config``; ``rates`` says whether the model predicts ratings."""
        protocol = Protocol.of(config, dataset)
        metric = config.metric
        if metric == "auto":
            metric = "rmse" if rates and dataset.feedback == "explicit" else protocol.headline
        return Plan(config, dataset, protocol, metric, trial)

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

    @cached_property
    def watched(self) -> str:
        """What may stop the select fit: its metric, protocol and target."""
        watch = self.dataset.split.select.target
        return keys.digest(self.metric, self.protocol.hash, watch.users.tobytes().hex()[:64], len(watch))

    @cached_property
    def key(self) -> str:
        """Of the whole run."""
        return keys.digest(
            [keys.fit_key(self.model, self.dataset, fold, self.config.seed) for fold in self.folds],
            self.watched if self.trains_in_epochs else "",
            self.dataset.fingerprint,
            self.protocol.hash,
        )
