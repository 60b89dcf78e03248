"""rnn: a recurrent network that reads a history and foretells what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from recx.arrays import Float32, Int64
from recx.data import Histories, Interactions, TrainingData, UserBatch
from recx.errors import UsageError, did_you_mean
from recx.models.base import Recommender, RunOptions, Validation
from recx.models.checks import above, at_least
from recx.models.epochs import run_epochs
from recx.models.neural import NeuralTrainer, dropout, load_parameters, one_thread, parameters, to_torch
from recx.models.sequence.config import RNNConfig
from recx.models.softmax import Candidates, Targets, softmax_loss

CELLS = {"gru": nn.GRU, "lstm": nn.LSTM}
READ = 512
"""Histories read at a time when scoring."""


class RNN(Recommender[RNNConfig]):
    """A recurrent network over the history, in the line of GRU4Rec (Hidasi et al. 2016).

    The items' embeddings are read oldest first by a GRU or LSTM; a state h scores item i by
    (h W + t M) e_i + b_i, where t = (e_1 + .. + e_n) / sqrt(n) is the taste of the n items read so far. Every
    state is trained to foretell the next item, by the softmax over the catalogue or a sample of it.

    What differs: the softmax instead of TOP1 (Hidasi & Karatzoglou 2018 find it ahead, too); input and output
    share their embeddings, which sparse data needs; b starts at the log of an item's share, so that training
    sets out from popular; whole histories in batches of similar length instead of session-parallel batches;
    a state may be asked for several of the next items, for baskets and horizons longer than one step; and the
    taste, which a short training need not learn to carry in the state (``taste=false`` leaves it out). The
    user's id is not used: a stranger with a history is scored like anyone.
    """

    network: Network

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        _check(config, log)
        self.network = Network(config, log.n_items)
        trainer = _Trainer(self, log, run)
        run_epochs(self, trainer, config.epochs, config.patience, run, watch)
        self.network.to("cpu")

    def score(self, batch: UserBatch) -> Float32:
        """(h W + t M) e_i + b_i of the state after the newest event of the history."""
        network = self.network
        scores = np.empty((len(batch), self.n_items), dtype=np.float32)
        with torch.no_grad(), one_thread():
            for rows, said in self._states(batch):
                scores[rows] = torch.addmm(network.bias, said, network.items.T).cpu().numpy()
        return scores

    def vectors(self, batch: UserBatch) -> tuple[Float32, Float32]:
        """What the states after the newest events say, and the items' embeddings."""
        items: Float32 = self.network.items.detach().cpu().numpy()
        found = np.empty((len(batch), items.shape[1]), dtype=np.float32)
        with torch.no_grad(), one_thread():
            for rows, said in self._states(batch):
                found[rows] = said.cpu().numpy()
        return found, items

    def _states(self, batch: UserBatch) -> Iterator[tuple[Int64, Tensor]]:
        """H W + t M of some rows at a time, those of similar length together, so that little is read for
        nothing.
        """
        order = np.argsort(batch.histories.lengths, kind="stable")
        for first in range(0, len(order), READ):
            rows = order[first : first + READ]
            items, lengths = padded(batch.histories.take(rows), self.config.max_length)
            newest = np.arange(len(rows)), np.maximum(lengths - 1, 0)
            device = self.network.bias.device
            yield rows, self.network(*(to_torch(array, device) for array in (items, *newest)))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return parameters(self.network)

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.network = Network(self.config, len(arrays["items"]))
        load_parameters(self.network, arrays)


class Network(nn.Module):
    """Embeddings of the items, the cell, and what maps states (W) and taste (M) to the embeddings' space."""

    def __init__(self, config: RNNConfig, n_items: int) -> None:
        super().__init__()
        self.share = config.dropout
        self.items = nn.Parameter(torch.zeros(n_items, config.factors))
        self.bias = nn.Parameter(torch.zeros(n_items))
        # on "meta" nothing is drawn: torch would take the first values from its global generator
        cell = CELLS[config.cell](
            config.factors, config.hidden, config.layers, batch_first=True, device="meta"
        )
        self.cell = cell.to_empty(device="cpu")
        self.out = nn.Parameter(torch.zeros(config.hidden, config.factors))
        self.mix = nn.Parameter(torch.zeros(config.factors, config.factors)) if config.taste else None

    def start(self, rng: np.random.Generator, share: Float32) -> None:
        """First values: uniform in +-1 / sqrt(width); M the identity; b the log of the items' shares."""
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                bound = 1 / np.sqrt(self.items.shape[1] if name == "items" else self.out.shape[0])
                parameter.copy_(to_torch(rng.uniform(-bound, bound, parameter.shape)))
            if self.mix is not None:
                self.mix.copy_(torch.eye(len(self.mix)))
            # an item without an event counts half of one with a single event
            floor = share[share > 0].min() / 2
            self.bias.copy_(to_torch(np.log(np.maximum(share, floor))))

    def forward(
        self, items: Tensor, row: Tensor, at: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """What the states after position ``at`` of ``row`` say, to be held against the embeddings.

        items (n, length), row and at (m,) -> (m, factors). With a generator it drops out, for training.
        """
        read = embedding(items, self.items)
        if generator is not None:
            read = dropout(read, self.share, generator)
        states = self.cell(read)[0][row, at]
        if generator is not None:
            states = dropout(states, self.share, generator)
        said: Tensor = states @ self.out
        if self.mix is None:
            return said
        taste = read.cumsum(1)[row, at] / (at + 1).to(read.dtype).sqrt()[:, None]
        return said + taste @ self.mix


def padded(histories: Histories, most: int) -> tuple[Int64, Int64]:
    """The newest ``most`` items of each row, oldest first, then zeros: (n, longest); and how many: (n,)."""
    lengths = np.minimum(histories.lengths, most)
    items = np.zeros((len(histories), max(1, int(lengths.max(initial=0)))), dtype=np.int64)
    newest = histories.ages < most
    rows = histories.rows[newest]
    items[rows, lengths[rows] - 1 - histories.ages[newest]] = histories.items[newest]
    return items, lengths


class _Trainer(NeuralTrainer[Int64]):
    """Batches are users, by number."""

    def __init__(self, model: RNN, log: Interactions, run: RunOptions) -> None:
        self.config, self.network = model.config, model.network
        rng = np.random.default_rng(run.seed)
        self.network.start(rng, model.popularity)
        super().__init__(self.network, self.config.lr, run, rng)
        self.histories = log.histories()
        self.users = np.flatnonzero(self.histories.lengths > 1)
        self.candidates = Candidates(model.popularity, self.config.negatives)

    def epoch(self, number: int) -> float:
        with one_thread():
            return super().epoch(number)

    def batches(self) -> Iterator[Int64]:
        lengths = np.minimum(self.histories.lengths[self.users], self.config.max_length + 1)
        # users of similar length together; equal lengths mix anew every epoch
        order = self.users[np.argsort(lengths + self.rng.random(len(lengths)))]
        firsts = np.arange(0, len(order), self.config.batch_size)
        for first in self.rng.permutation(firsts):
            yield order[first : first + self.config.batch_size]

    def loss(self, batch: Int64) -> tuple[Tensor, float]:
        """Mean over the states asked of -log softmax of the items to be foretold."""
        config, network = self.config, self.network
        items, lengths = padded(self.histories.take(batch), config.max_length + 1)
        asked, at, row, step, weight = _questions(lengths, config.window, config.stride, self.rng)
        target = items[asked[row], step]
        said = network(*(self._tensor(array) for array in (items[:, :-1], asked, at)), self.generator)
        table: Tensor = network.items
        bias: Tensor = network.bias
        if config.negatives:
            drawn, target, correction = self.candidates.draw(target, self.rng)
            table = embedding(self._tensor(drawn), table)
            bias = bias[self._tensor(drawn)] + self._tensor(correction)
        targets = Targets(self._tensor(row), self._tensor(target), self._tensor(weight))
        loss = softmax_loss(said, table, bias, targets)
        norms = said.square().sum() + (targets.weight * table.square().sum(1)[targets.item]).sum()
        return (loss + config.reg / 2 * norms) / len(asked), len(asked)

    def _tensor(self, array: npt.NDArray[Any]) -> Tensor:
        return to_torch(array, self.device)


def _questions(
    lengths: Int64, window: int, stride: int, rng: np.random.Generator
) -> tuple[Int64, Int64, Int64, Int64, Float32]:
    """Which states are asked, and what for.

    Rows and positions of the states (n,), then ragged and ascending: the state's number, the position of an
    item it should foretell, and that item's weight, 1 / how many there are for this state. The states of a
    row are ``stride`` apart, counted back from one of its newest.
    """
    newest = lengths - 2  # the last position that something follows
    position = np.arange(max(1, int(lengths.max()) - 1))
    back = newest[:, None] - position
    offset = rng.integers(0, np.minimum(stride, newest + 1))[:, None]
    asked, at = np.nonzero((back >= 0) & ((back - offset) % stride == 0))
    steps = at[:, None] + 1 + np.arange(window)
    real = steps < lengths[asked][:, None]
    row = np.nonzero(real)[0]
    return asked, at, row, steps[real], (1 / real.sum(axis=1))[row].astype(np.float32)


def _check(config: RNNConfig, log: Interactions) -> None:
    if config.cell not in CELLS:
        raise UsageError(f"rnn: no cell called '{config.cell}'{did_you_mean(config.cell, CELLS)}")
    if log.order == "none":
        raise UsageError("rnn reads the order of events, and this data has none; take another model")
    at_least(config, 1, "factors", "hidden", "layers", "max_length", "window", "stride", "batch_size")
    at_least(config, 0, "negatives", "reg")
    above(config, 0, "lr")
    if not 0 <= config.dropout < 1:
        raise UsageError(f"rnn: dropout is {config.dropout:g}, it must lie between 0 and below 1")
