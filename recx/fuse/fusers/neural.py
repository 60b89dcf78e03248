"""neural: networks over what is known of users and items, which weigh the bases or score by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

from recx.arrays import Bool, Float32
from recx.errors import DataError
from recx.fuse.fusers.base import Fuser, Lesson, Parts
from recx.fuse.fusers.config import NeuralConfig
from recx.fuse.fusers.design import SPREAD, Design
from recx.fuse.fusers.networks import Batch, Exercise, Gate, Network, Perceptron, Seen, teach
from recx.fuse.table import Rows, Table
from recx.fuse.vectors import of_user
from recx.models.neural import load_parameters, one_thread, parameters

FOLDS = 5
"""A network is stopped on one of so many parts of the users, or of ``nets`` where that is more."""
PARTS = 2
"""Parts of the items where all labels are of the same weeks."""
NEAR = 10.0
"""Of a rank r NEAR / (NEAR + r) is seen: half for the tenth."""
AT_ONCE = 512
"""Users scored at a time."""


class Neural(Fuser[NeuralConfig]):
    """Networks over features and over the vectors by which bases describe users and items.

    kind=gate weighs the bases for every user (networks.Gate), so that a score is a sum of the bases' parts.
    kind=mlp sees the features of user, item and pair and the vectors of several bases side by side, as He et
    al. 2017 join two models, and scores by itself (networks.Perceptron); what differs between the candidates
    of a user is seen beside their mean. Rankings are learnt by the softmax over each user's candidates,
    ratings by the squared error.

    ``nets`` networks are averaged. The users are dealt into folds; each network learns from all but one, and
    goes back to where the loss on that one was least. Where all labels are of the same weeks that is asked of
    items that it has not learnt, too, for the reason that stack gives. The held-out users, on whom the fusion
    must prove itself, stop nothing.
    """

    learns = True
    rates = True
    nets: tuple[Network, ...] = ()
    design: Design
    """How features become inputs: of the gate those of the user, of the mlp all."""
    ends: Float32
    """Least and greatest of every input that was learnt: (2, inputs). As with trees, what lies beyond counts
    as the last that was learnt: time passes, and a network would go on in a straight line."""
    middle: Float32
    """Mean and standard deviation of what every base says, channel by channel: (2, bases, channels)."""

    def fit(self, table: Table, held_out: Table | None, lesson: Lesson) -> Self:
        """Learn from ``table``; the held-out users are not looked at."""
        config, rng = self.config, np.random.default_rng([lesson.seed, 19])
        self.design = Design.of(self._inputs(table))
        self.middle = _middle(table)
        self.ends = np.array([[-np.inf], [np.inf]], dtype=np.float32)
        matrix = self._matrix(table)
        self.ends = np.stack([matrix.min(axis=0, initial=0), matrix.max(axis=0, initial=0)])
        seen, ranks = self._seen(table), table.votes.ranks is not None
        folds, parts = max(FOLDS, config.nets), PARTS if lesson.dated else 1
        fold = rng.permutation(len(table.users)) % folds
        part_of = rng.integers(0, parts, int(table.items.max(initial=0)) + 1)[table.items]
        everything = np.ones(len(table), dtype=np.bool_)

        def exercise(rows: Bool, users: Bool) -> Exercise:
            taught = np.bincount(
                table.groups[rows & ((table.labels > 0) | (not ranks))], minlength=len(users)
            )
            return Exercise(seen.keep(rows), table.labels[rows], ranks, np.flatnonzero(users & (taught > 0)))

        nets = []
        with one_thread():
            for number in range(config.nets):
                net = self._network(seen.users.shape[1], seen.columns.shape[1], seen.said.shape[1:])
                watched = fold == number % folds
                left_out = part_of == number % parts if parts > 1 else ~everything
                learnt = exercise(~left_out, ~watched)
                asked = exercise(left_out if parts > 1 else everything, watched)
                teach(net, learnt, asked, config, np.random.default_rng([lesson.seed, 20, number]))
                nets.append(net)
        self.nets = tuple(nets)
        return self

    def score(self, rows: Rows) -> Float32:
        """The networks' mean; of ratings their rating: (rows,)."""
        if (parts := self.parts(rows)) is not None:
            return parts.total
        found = np.zeros(len(rows), dtype=np.float64)
        with torch.no_grad(), one_thread():
            for batch in self._batches(rows):
                found[batch.rows] = np.mean([net(batch).numpy() for net in self.nets], axis=0)
        return found.astype(np.float32)

    def parts(self, rows: Rows) -> Parts | None:
        """Of the gate every base's weight for the user times what it says; of the mlp nothing adds up."""
        if self.config.kind != "gate":
            return None
        votes = rows.votes
        values, bias = np.zeros(votes.knows.shape), np.zeros(len(rows))
        with torch.no_grad(), one_thread():
            for batch in self._batches(rows):
                gates = [net.parts(batch).numpy() for net in self.nets if isinstance(net, Gate)]
                values[batch.rows] = np.mean(gates, axis=0)
                bias[batch.rows] = batch.start.numpy()
        return Parts(Parts.of_bases(votes.labels, values).columns, values, bias)

    def weights(self, rows: Rows) -> Float32:
        """What share every base has in the scores of each row's user, by the gate: (rows, bases)."""
        found = np.zeros(rows.votes.knows.shape, dtype=np.float32)
        with torch.no_grad(), one_thread():
            for batch in self._batches(rows):
                gates = [net.weights(batch).numpy() for net in self.nets if isinstance(net, Gate)]
                found[batch.rows] = np.mean(gates, axis=0)
        return found

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        nets = {
            f"{number}.{name}": array
            for number, net in enumerate(self.nets)
            for name, array in parameters(net).items()
        }
        return {**nets, "middle": self.middle, "ends": self.ends, **self.design.arrays()}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.design = Design.restored(arrays)
        self.middle, self.ends = (arrays[name].astype(np.float32) for name in ("middle", "ends"))
        nets = []
        for number in range(self.config.nets):
            inputs = arrays[f"{number}.layers.weights.0"].shape[0]
            net = self._network(inputs, inputs, self.middle.shape[1:])
            load_parameters(net, arrays, f"{number}.")
            nets.append(net)
        self.nets = tuple(nets)

    def _network(self, users: int, columns: int, said: tuple[int, ...]) -> Network:
        return (
            Gate(users, said[0], said[1], self.config)
            if self.config.kind == "gate"
            else Perceptron(columns, self.config)
        )

    def _inputs(self, rows: Rows) -> Rows:
        """The rows whose features are inputs: for the gate one of each user, with what is known of it."""
        if self.config.kind != "gate":
            return rows
        first = np.zeros(len(rows), dtype=np.bool_)
        first[rows.bounds[:-1][rows.sizes > 0]] = True
        return rows.keep(first).columns([at for at, each in enumerate(rows.features) if of_user(each)])

    def _seen(self, rows: Rows) -> Seen:
        votes, inputs = rows.votes, self._inputs(rows)
        if votes.knows.shape[1] != self.middle.shape[1]:
            raise DataError(f"{votes.knows.shape[1]} bases, {self.middle.shape[1]} were learnt; fuse again")
        matrix, gated = self._matrix(rows), self.config.kind == "gate"
        users = np.zeros(
            (len(rows.sizes), votes.knows.shape[1] + matrix.shape[1] if gated else 0), np.float32
        )
        if gated:
            users[rows.sizes > 0] = np.column_stack([inputs.votes.heard, matrix])
        said = (_said(rows) - self.middle[0]) / self.middle[1]
        said[~votes.heard] = 0
        start = rows.start
        if start is None:
            start = np.zeros(len(rows), dtype=np.float32)
        elif gated:
            start = np.full(len(rows), self.middle[0, 0, 0])
        columns = np.zeros((len(rows), 0), dtype=np.float32) if gated else matrix
        return Seen(users, said, votes.heard, columns, start.astype(np.float32), rows.bounds)

    def _matrix(self, rows: Rows) -> Float32:
        """The inputs: (users with rows, inputs) of the gate, (rows, inputs) of the mlp."""
        found = self.design.matrix(self._inputs(rows))
        if self.config.kind != "gate" and rows.votes.ranks is not None:
            self._compare(found, rows)
        return np.clip(found, *self.ends, out=found)

    def _compare(self, matrix: Float32, rows: Rows) -> None:
        """Take from what differs between a user's candidates their mean, in place.

        When the fuser is applied time has passed, and all items have been taken more often: beside the other
        candidates they are what they were.
        """
        own = [at for at, source in enumerate(self.design.source) if not of_user(rows.features[source])]
        starts, filled = rows.bounds[:-1][rows.sizes > 0], rows.sizes[rows.sizes > 0]
        if len(starts):
            means = np.add.reduceat(matrix[:, own], starts, axis=0) / filled[:, None]
            matrix[:, own] -= np.repeat(means, filled, axis=0).astype(np.float32)

    def _batches(self, rows: Rows) -> Iterator[Batch]:
        seen, filled = self._seen(rows), np.flatnonzero(rows.sizes)
        for first in range(0, len(filled), AT_ONCE):
            yield Batch.of(seen, filled[first : first + AT_ONCE].astype(np.int64))


def _said(rows: Rows) -> Float32:
    """What every base says: its rating, or its score, how far that lies from the middle on a scale that gives
    way to the far ones, and its rank: (rows, bases, channels).
    """
    votes = rows.votes
    if votes.ranks is None:
        return votes.standard[:, :, None]
    near = np.where(votes.ranks > 0, NEAR / (NEAR + votes.ranks), 0)
    curbed = np.sign(votes.standard) * np.log1p(np.abs(votes.standard))
    return np.stack([votes.standard, curbed, near], axis=2).astype(np.float32)


def _middle(table: Table) -> Float32:
    """Mean and standard deviation of what is said; of ratings the mean rating, and 1."""
    said, heard = _said(table), table.votes.heard[:, :, None]
    if table.votes.ranks is None:
        mean = np.full(said.shape[1:], table.labels.mean() if len(table) else 0.0)
        return np.stack([mean, np.ones_like(mean)]).astype(np.float32)
    count = np.maximum(heard.sum(axis=0), 1)
    mean = np.where(heard, said, 0).sum(axis=0, dtype=np.float64) / count
    spread = np.sqrt(np.where(heard, (said - mean) ** 2, 0).sum(axis=0) / count)
    return np.stack([mean, np.where(spread > SPREAD, spread, 1)]).astype(np.float32)
