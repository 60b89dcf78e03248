"""gcn: embeddings of users and items, smoothed over the graph of who met what."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import block_array, csr_array, diags_array
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

from recx.arrays import Bool, Float32, Int64
from recx.data import Histories, Pairs, TrainingData, UserBatch
from recx.errors import UsageError, did_you_mean
from recx.models.base import Recommender, RunOptions, Validation, dense
from recx.models.checks import above, at_least
from recx.models.epochs import run_epochs
from recx.models.graph.config import LightGCNConfig
from recx.models.neural import NeuralTrainer, to_numpy, to_torch
from recx.models.recency import check_weights, weigh
from recx.models.softmax import Targets, softmax_loss

LOSSES = ("bpr", "softmax")
REDRAWS = 30
"""Rounds in which drawn items that the user has met are drawn again; users who met everything keep theirs."""


class LightGCN(Recommender[LightGCNConfig]):
    """LightGCN (He et al. 2020): matrix factorisation whose embeddings are averaged over neighbourhoods.

    E(k+1) = D^-1/2 A D^-1/2 E(k) over the bipartite graph A of users and items, D its degrees; the embedding
    is the mean of layers 0..K and the score an inner product. Only E(0) is learnt, by BPR or by the softmax
    of each user's items over the catalogue.

    What differs: edges may carry weights. The loss may be the softmax, which costs a matrix product per batch
    of users instead of one draw per edge, and finds more in fewer epochs. And a user's layers 1..K are built
    from the history that comes with the question: for the history it was fitted on that is the paper's
    embedding, for a longer one it is up to date, and a stranger is one whose E(0) is 0 (``learnt=false``
    treats everyone as a stranger).
    """

    users: Float32  # (n_users, factors) E(0) / (K + 1)
    items: Float32  # (n_items, factors) the mean of all layers; of length 1 where scores are cosines
    inputs: Float32  # (n_items, factors) what an item adds to the user who met it, but for the user's degree
    met: Bool  # (n_items,) items with an edge

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config, log = self.config, data.interactions
        check_weights("gcn", log, config.values, config.decay, config.half_life)
        if config.loss not in LOSSES:
            raise UsageError(f"gcn: no loss called '{config.loss}'{did_you_mean(config.loss, LOSSES)}")
        at_least(config, 1, "factors", "batch_size", "negatives")
        at_least(config, 0, "layers", "reg", "temperature")
        above(config, 0, "lr")
        at = None if data.known_at is None else np.full(log.n_users, data.known_at)
        edges = self._edges(log.histories(), at)
        run_epochs(self, _Trainer(self, edges, run), config.epochs, config.patience, run, watch)

    def _edges(self, histories: Histories, at: Int64 | None, decay: float = 1.0) -> csr_array:
        """Rows x items: the weight of each edge."""
        config = self.config
        edges = weigh(histories, self.n_items, config.values, at, decay, config.half_life)
        np.maximum(edges.data, 0, out=edges.data)  # a degree must not be negative
        return edges

    def _queries(self, batch: UserBatch) -> Float32:
        """Embeddings of the users of the batch: (n, factors)."""
        edges = self._edges(batch.histories, batch.at, self.config.decay)
        degrees = edges @ self.met.astype(np.float32)
        queries = (edges @ self.inputs) * _inverse_root(degrees)[:, None]
        temperature = self.config.temperature
        if self.config.learnt:
            known = (batch.users >= 0) & (batch.users < len(self.users))
            queries[known] += self.users[batch.users[known]]
        if temperature > 0:
            queries /= np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-12) * temperature
        return dense(queries)

    def vectors(self, batch: UserBatch) -> tuple[Float32, Float32]:
        """Embeddings of users and items."""
        return self._queries(batch), self.items

    def score(self, batch: UserBatch) -> Float32:
        """Inner products, or cosines over the temperature, of the users with all items."""
        return self._queries(batch) @ self.items.T

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """The same for pairs."""
        return dense(np.einsum("pf,pf->p", self._queries(batch)[pairs.row], self.items[pairs.item]))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"users": self.users, "items": self.items, "inputs": self.inputs, "met": self.met}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.users = arrays["users"].astype(np.float32, copy=False)
        self.items = arrays["items"].astype(np.float32, copy=False)
        self.inputs = arrays["inputs"].astype(np.float32, copy=False)
        self.met = arrays["met"].astype(np.bool_, copy=False)


class _Trainer(NeuralTrainer[Int64]):
    """Batches are edges (bpr) or users (softmax), by number."""

    def __init__(self, model: LightGCN, edges: csr_array, run: RunOptions) -> None:
        self.model, self.edges, self.config = model, edges, model.config
        self.n_users, self.n_items = edges.shape
        rng = np.random.default_rng(run.seed)
        start = rng.standard_normal((self.n_users + self.n_items, self.config.factors), dtype=np.float32)
        self.start = nn.Parameter(torch.from_numpy(start * np.float32(0.1)))  # E(0): users, then items
        super().__init__(nn.ParameterDict({"embeddings": self.start}), self.config.lr, run, rng)
        lengths = np.diff(edges.indptr)
        self.edge_user = np.repeat(np.arange(self.n_users), lengths)
        self.active = np.flatnonzero(lengths)
        self.keys = (
            self.edge_user * self.n_items + edges.indices
        )  # ascending, for "has this user met this item"
        self.weights = edges.data / edges.data.mean()
        self.no_bias = torch.zeros(self.n_items, device=self.device)
        self.graph, self.item_scale = _graph(edges, self.device)

    def batches(self) -> Iterator[Int64]:
        bpr = self.config.loss == "bpr"
        order = self.rng.permutation(len(self.edge_user) if bpr else self.active)
        for first in range(0, len(order), self.config.batch_size):
            yield order[first : first + self.config.batch_size]

    def loss(self, batch: Int64) -> tuple[Tensor, float]:
        smooth = propagate(self.start, self.graph, self.config.layers)
        if self.config.temperature > 0:
            smooth = normalize(smooth)
        return self._bpr(smooth, batch) if self.config.loss == "bpr" else self._softmax(smooth, batch)

    def _bpr(self, smooth: Tensor, edges: Int64) -> tuple[Tensor, float]:
        """Mean of w_ui softplus(s_uj - s_ui) over edges ui and the items j drawn for each (Rendle 2009)."""
        user, item = self.edge_user[edges], self.edges.indices[edges].astype(np.int64)
        drawn = self._draw(np.repeat(user, self.config.negatives)).reshape(len(user), -1)
        users, wanted, others = (
            self._tensor(rows) for rows in (user, item + self.n_users, drawn + self.n_users)
        )
        queries = smooth[users] / (self.config.temperature or 1.0)
        gaps = torch.einsum("bf,bnf->bn", queries, smooth[wanted][:, None] - smooth[others])
        loss = (softplus(-gaps).mean(1) * self._tensor(self.weights[edges])).mean()
        penalty = sum(self.start[rows].square().sum() for rows in (users, wanted))
        penalty = penalty + self.start[others].square().sum() / self.config.negatives
        return loss + self.config.reg / (2 * len(edges)) * penalty, len(edges)

    def _draw(self, users: Int64) -> Int64:
        """An item for each user that it has not met."""
        items = self.rng.integers(0, self.n_items, len(users))
        for _ in range(REDRAWS):
            keys = users * self.n_items + items
            place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            met = np.flatnonzero(self.keys[place] == keys)
            if not len(met):
                break
            items[met] = self.rng.integers(0, self.n_items, len(met))
        return items

    def _softmax(self, smooth: Tensor, users: Int64) -> tuple[Tensor, float]:
        """Mean of -log softmax_i(s_u) over edges ui, each counted by its weight (Liang 2018)."""
        edges = self.edges[users]
        rows = np.repeat(np.arange(len(users)), np.diff(edges.indptr))
        item, weight = self._tensor(edges.indices.astype(np.int64)), self._tensor(edges.data)
        queries = smooth[self._tensor(users)] / (self.config.temperature or 1.0)
        targets = Targets(self._tensor(rows), item, weight)
        loss = softmax_loss(queries, smooth[self.n_users :], self.no_bias, targets)
        norms = self.start.square().sum(1)
        penalty = (weight * (norms[self._tensor(users[rows])] + norms[self.n_users + item])).sum()
        total = float(edges.data.sum())
        return (loss + self.config.reg / 2 * penalty) / total, total

    def ready(self) -> None:
        model, layers = self.model, self.config.layers
        with torch.no_grad():
            below = torch.zeros_like(self.start)  # layers 0..K-1, what neighbours pass on
            layer: Tensor = self.start
            for _ in range(layers):
                below += layer
                layer = self.graph @ layer
            items = ((below + layer) / (layers + 1))[self.n_users :]
            model.items = to_numpy(normalize(items) if self.config.temperature > 0 else items)
            model.users = to_numpy(self.start[: self.n_users] / (layers + 1))
            model.inputs = to_numpy(below[self.n_users :] / (layers + 1)) * self.item_scale[:, None]
            model.met = self.item_scale > 0

    def _tensor(self, array: npt.NDArray[Any]) -> Tensor:
        return to_torch(array, self.device)


def propagate(start: Tensor, graph: Tensor, layers: int) -> Tensor:
    """The mean of layers 0..K of ``start`` smoothed over ``graph``, a symmetric sparse matrix."""
    smooth: Tensor = _Propagate.apply(start, graph, layers)  # type: ignore[no-untyped-call]
    return smooth


class _Propagate(torch.autograd.Function):
    """(I + G + .. + G^K) / (K + 1) is symmetric, so the gradient is smoothed the way the embeddings were."""

    @staticmethod
    def forward(ctx: Any, start: Tensor, graph: Tensor, layers: int) -> Tensor:
        ctx.graph, ctx.layers = graph, layers
        return _mean_of_layers(start, graph, layers)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None, None]:
        return _mean_of_layers(upstream[0], ctx.graph, ctx.layers), None, None


def _mean_of_layers(start: Tensor, graph: Tensor, layers: int) -> Tensor:
    total = start  # Horner: start + G (start + G (start + ..)) holds no layer but the last
    for _ in range(layers):
        total = (graph @ total).add_(start)
    return total / (layers + 1)


def _graph(edges: csr_array, device: torch.device) -> tuple[Tensor, Float32]:
    """D^-1/2 A D^-1/2 as a sparse tensor, and D^-1/2 of the items, 0 where there is no edge."""
    of_user, of_item = (_inverse_root(np.asarray(edges.sum(axis=axis))) for axis in (1, 0))
    scaled = diags_array(of_user) @ edges @ diags_array(of_item)
    graph = block_array([[None, scaled], [scaled.T, None]], format="csr", dtype=np.float32)
    rows, columns = graph.indptr.astype(np.int32), graph.indices.astype(np.int32)
    parts = [torch.from_numpy(part) for part in (rows, columns, graph.data)]
    with warnings.catch_warnings():
        # torch calls its csr layout a beta; the one product used here has been in it since 1.13
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
        tensor = torch.sparse_csr_tensor(parts[0], parts[1], parts[2], graph.shape, check_invariants=True)
        return tensor.to(device), of_item


def _inverse_root(degrees: npt.NDArray[Any]) -> Float32:
    root: Float32 = np.sqrt(degrees, dtype=np.float32)
    inverse: Float32 = np.divide(1, root, out=np.zeros_like(root), where=root > 0)
    return inverse
