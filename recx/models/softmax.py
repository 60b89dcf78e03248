"""Softmax over the catalogue, or over a sample of it, in blocks: never are all logits in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recx.arrays import Float32, Int64

BLOCK = 1 << 22
"""Logits held at a time: 16 MB."""


@dataclass(frozen=True, eq=False)
class Targets:
    """What each query should have found: ragged, any number of items per query."""

    row: Tensor  # (n,) int64, ascending
    item: Tensor  # (n,) int64, a column of the logits
    weight: Tensor  # (n,) float32


def softmax_loss(queries: Tensor, items: Tensor, bias: Tensor, targets: Targets) -> Tensor:
    """Sum over targets of ``-weight * log softmax(queries @ items.T + bias)[row, item]``, a scalar.

    queries (n, d), items (m, d), bias (m,).
    """
    loss: Tensor = _Softmax.apply(queries, items, bias, targets.row, targets.item, targets.weight)  # type: ignore[no-untyped-call]
    return loss


class _Softmax(torch.autograd.Function):
    """Loss and gradients in one pass over blocks of queries: d loss / d logits = mass * softmax - weights."""

    @staticmethod
    def forward(
        ctx: Any, queries: Tensor, items: Tensor, bias: Tensor, row: Tensor, item: Tensor, weight: Tensor
    ) -> Tensor:
        n, m = len(queries), len(items)
        mass = weight.new_zeros(n).index_add_(0, row, weight)
        d_queries, d_items = torch.empty_like(queries), torch.zeros_like(items)
        d_bias = torch.zeros_like(bias)
        loss = torch.zeros((), dtype=torch.float64, device=queries.device)
        size = max(1, BLOCK // m)
        # targets are sorted by row, so those of a block of queries lie together
        edges = torch.arange(size, n + size, size, device=row.device)
        ends = torch.searchsorted(row.contiguous(), edges).tolist()
        first = 0
        for start, end in zip(range(0, n, size), ends, strict=True):
            block = slice(start, min(start + size, n))
            at = (row[first:end] - start, item[first:end])
            logits = torch.addmm(bias, queries[block], items.T)
            norm = torch.logsumexp(logits, dim=1)
            loss += (mass[block] * norm).sum(dtype=torch.float64)
            loss -= (weight[first:end] * logits[at]).sum(dtype=torch.float64)
            grad = logits.sub_((norm - mass[block].log())[:, None]).exp_()
            grad.index_put_(at, -weight[first:end], accumulate=True)
            torch.mm(grad, items, out=d_queries[block])
            d_items.addmm_(grad.T, queries[block])
            d_bias += grad.sum(0)
            first = end
        ctx.save_for_backward(d_queries, d_items, d_bias)
        return loss.to(queries.dtype)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        by = upstream[0]
        d_queries, d_items, d_bias = ctx.saved_tensors
        return d_queries * by, d_items * by, d_bias * by, None, None, None


class Candidates:
    """Draws the items that stand for the catalogue in one batch.

    They are the batch's own targets and ``negatives`` items drawn uniformly, shared by all queries. Frequent
    items are there more often, so each logit is lowered by the log of the chance of that (Bengio 2008,
    Yi 2019): q_i = 1 - exp(-(n_targets share_i + negatives / n_items)).
    """

    def __init__(self, share: Float32, negatives: int) -> None:
        self.share = share.astype(np.float64)
        self.negatives = negatives

    def draw(self, targets: Int64, rng: np.random.Generator) -> tuple[Int64, Int64, Float32]:
        """Candidates (m,), the column of each target (n,), and the correction (m,) to add to the logits."""
        n_items = len(self.share)
        drawn = rng.integers(0, n_items, self.negatives)
        items, column = np.unique(np.concatenate([targets, drawn]), return_inverse=True)
        expected = len(targets) * self.share[items] + self.negatives / n_items
        correction = -np.log(-np.expm1(-expected))
        return items, column[: len(targets)], correction.astype(np.float32)
