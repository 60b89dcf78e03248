"""The two networks of neural, what they see, and how one of them is trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from recx.arrays import Bool, Float32, Int64
from recx.fuse.fusers.config import NeuralConfig
from recx.models.base import RunOptions
from recx.models.neural import NeuralTrainer, dropout, load_parameters, parameters, to_torch

NOTHING = float("-inf")
"""A logit, or a score, that has no part in a softmax."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What the networks see of some rows, scaled."""

    users: Float32  # (groups, columns) known of the user, whatever the item
    said: Float32  # (rows, bases, channels) what every base says, 0 where it does not know the user
    heard: Bool  # (rows, bases)
    columns: Float32  # (rows, features) all features; none for the gate
    start: Float32  # (rows,) what the score is corrected from
    bounds: Int64  # (groups + 1,) where every user's rows begin

    def keep(self, rows: Bool) -> Seen:
        """Some of the rows; all users stay."""
        return replace(
            self,
            said=self.said[rows],
            heard=self.heard[rows],
            columns=self.columns[rows],
            start=self.start[rows],
            bounds=np.append(0, np.cumsum(rows))[self.bounds],
        )


@dataclass(frozen=True, eq=False)
class Batch:
    """Some users' rows as tensors."""

    users: Tensor  # (n, columns)
    said: Tensor  # (rows, bases, channels)
    heard: Tensor  # (rows, bases)
    columns: Tensor  # (rows, features)
    start: Tensor  # (rows,)
    row: Tensor  # (rows,) which of the n users
    place: Tensor  # (rows,) place among the user's rows
    rows: Int64  # (rows,) their numbers in what was seen

    @staticmethod
    def of(seen: Seen, groups: Int64) -> Batch:
        """The rows of ``groups``, in that order."""
        sizes = seen.bounds[groups + 1] - seen.bounds[groups]
        row = np.repeat(np.arange(len(groups)), sizes)
        place = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        rows = seen.bounds[groups][row] + place
        return Batch(
            to_torch(seen.users[groups]),
            to_torch(seen.said[rows]),
            to_torch(seen.heard[rows]),
            to_torch(seen.columns[rows]),
            to_torch(seen.start[rows]),
            to_torch(row),
            to_torch(place),
            rows,
        )


class Layers(nn.Module):
    """Hidden layers with rectifiers, and one that is linear."""

    def __init__(self, inputs: int, outputs: int, config: NeuralConfig) -> None:
        super().__init__()
        self.share = config.dropout
        widths = [inputs, *[config.hidden] * config.layers, outputs]
        pairs = list(pairwise(widths))
        self.weights = nn.ParameterList([nn.Parameter(torch.zeros(a, b)) for a, b in pairs])
        self.biases = nn.ParameterList([nn.Parameter(torch.zeros(b)) for _, b in pairs])

    def begin(self, rng: np.random.Generator) -> None:
        """Random (He et al. 2015) but for the last layer: at first every input gives 0."""
        with torch.no_grad():
            for weight in list(self.weights)[:-1]:
                drawn = rng.standard_normal(weight.shape) * np.sqrt(2 / max(1, weight.shape[0]))
                weight.copy_(to_torch(drawn.astype(np.float32)))

    def forward(self, values: Tensor, generator: torch.Generator | None) -> Tensor:
        """(n, inputs) -> (n, outputs). With a generator it drops out, for training."""
        last = len(self.weights) - 1
        for at, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = torch.addmm(bias, values, weight)
            if at < last:
                values = torch.relu(values)
                if generator is not None:
                    values = dropout(values, self.share, generator)
        return values


class Network(nn.Module):
    """Scores rows. Both kinds have layers, and begin where no input counts."""

    layers: Layers

    def begin(self, rng: np.random.Generator) -> None:
        """First values."""
        self.layers.begin(rng)


class Gate(Network):
    """score = start + sum over b of g_b(user) s_b: g a softmax over the bases that know the user, s_b what
    base b says, on a scale that is learnt for each base.

    A mixture of experts (Jacobs et al. 1991) whose experts are finished.
    """

    def __init__(self, inputs: int, bases: int, channels: int, config: NeuralConfig) -> None:
        super().__init__()
        self.layers = Layers(inputs, bases, config)
        scale = torch.zeros(bases, channels)
        scale[:, 0] = 1  # at first all bases count alike, by their first channel
        self.scale = nn.Parameter(scale)
        self.shift = nn.Parameter(torch.zeros(bases))

    def weights(self, batch: Batch, generator: torch.Generator | None = None) -> Tensor:
        """g: (rows, bases)."""
        logits = self.layers(batch.users, generator)[batch.row]
        return torch.softmax(logits.masked_fill(~batch.heard, NOTHING), dim=1)

    def parts(self, batch: Batch, generator: torch.Generator | None = None) -> Tensor:
        """g_b s_b: (rows, bases)."""
        said = (batch.said * self.scale).sum(dim=2) + self.shift
        return self.weights(batch, generator) * said

    def forward(self, batch: Batch, generator: torch.Generator | None = None) -> Tensor:
        """Scores: (rows,)."""
        return batch.start + self.parts(batch, generator).sum(dim=1)


class Perceptron(Network):
    """score = start + w x + MLP(x) over all features x, wide and deep (Cheng et al. 2016)."""

    def __init__(self, inputs: int, config: NeuralConfig) -> None:
        super().__init__()
        self.layers = Layers(inputs, 1, config)
        self.wide = nn.Parameter(torch.zeros(inputs))

    def forward(self, batch: Batch, generator: torch.Generator | None = None) -> Tensor:
        """Scores: (rows,)."""
        deep: Tensor = self.layers(batch.columns, generator)[:, 0]
        return batch.start + batch.columns @ self.wide + deep


@dataclass(frozen=True, eq=False)
class Exercise:
    """Rows whose outcome is known."""

    seen: Seen
    labels: Float32  # (rows,)
    ranks: bool
    groups: Int64  # the users that are asked

    def loss(
        self, network: Network, groups: Int64, generator: torch.Generator | None = None
    ) -> tuple[Tensor, float]:
        """Mean over some of the users, and its weight: of rankings the softmax of each user's candidates
        against their grades (ListNet, Cao et al. 2007), of ratings the squared error.
        """
        batch = Batch.of(self.seen, groups)
        scores, labels = network(batch, generator), to_torch(self.labels[batch.rows])
        if not self.ranks:
            return (scores - labels).square().mean(), float(len(labels))
        shape = (len(groups), int(batch.place.max()) + 1)
        lists = torch.full(shape, NOTHING).index_put((batch.row, batch.place), scores)
        grades = torch.zeros(len(groups)).index_add(0, batch.row, labels)
        likely = torch.log_softmax(lists, dim=1)[batch.row, batch.place]
        return -(likely * labels / grades[batch.row]).sum() / len(groups), float(len(groups))

    def value(self, network: Network, size: int) -> float:
        """The loss on all of them, nothing dropped out."""
        total = weight = 0.0
        with torch.no_grad():
            for first in range(0, len(self.groups), size):
                loss, share = self.loss(network, self.groups[first : first + size])
                total += float(loss) * share
                weight += share
        return total / max(weight, 1.0)


class Trainer(NeuralTrainer[Int64]):
    """Batches are users."""

    def __init__(
        self, network: Network, exercise: Exercise, config: NeuralConfig, rng: np.random.Generator
    ) -> None:
        super().__init__(network, config.lr, RunOptions(), rng)
        self.network, self.exercise, self.config = network, exercise, config

    def batches(self) -> Iterator[Int64]:
        order = self.rng.permutation(self.exercise.groups)
        for first in range(0, len(order), self.config.batch_size):
            yield order[first : first + self.config.batch_size]

    def loss(self, batch: Int64) -> tuple[Tensor, float]:
        found, weight = self.exercise.loss(self.network, batch, self.generator)
        penalty = torch.stack([each.square().sum() for each in self.network.layers.weights]).sum()
        return found + self.config.reg * penalty, weight


def teach(
    network: Network, learnt: Exercise, watched: Exercise, config: NeuralConfig, rng: np.random.Generator
) -> None:
    """Train, and go back to where the loss on ``watched`` was least; without anyone to watch, to the end."""
    network.begin(rng)
    trainer = Trainer(network, learnt, config, rng)
    least, best, waited = watched.value(network, config.batch_size), parameters(network), 0
    for number in range(config.epochs):
        trainer.epoch(number + 1)
        if not len(watched.groups):
            continue
        if (value := watched.value(network, config.batch_size)) < least:
            least, best, waited = value, parameters(network), 0
        elif (waited := waited + 1) >= config.patience:
            break
    if len(watched.groups):
        load_parameters(network, best)
