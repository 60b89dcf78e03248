"""The softmax in blocks against the one in a line."""

import numpy as np
import pytest
import torch

from recx.models import softmax
from recx.models.softmax import Candidates, Targets, softmax_loss


@pytest.mark.parametrize("block", [1, 7, 22, 1 << 22])
def test_loss_and_gradients_in_blocks_are_those_of_the_whole(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(softmax, "BLOCK", block)
    g = torch.Generator().manual_seed(1)
    leaves = [torch.randn(shape, generator=g, dtype=torch.float64) for shape in ((5, 3), (7, 3), (7,))]
    row, item = (
        torch.tensor([0, 0, 0, 2, 4, 4]),
        torch.tensor([1, 1, 6, 0, 2, 3]),
    )  # rows 1 and 3 want nothing
    weight = torch.tensor([1.0, 2.0, 0.5, 1.0, 0.25, 0.75], dtype=torch.float64)
    blocked = [leaf.clone().requires_grad_() for leaf in leaves]
    plain = [leaf.clone().requires_grad_() for leaf in leaves]

    loss = softmax_loss(*blocked, Targets(row, item, weight))
    (3 * loss).backward()
    log_p = torch.log_softmax(plain[0] @ plain[1].T + plain[2], dim=1)
    expected = -(weight * log_p[row, item]).sum()
    (3 * expected).backward()

    torch.testing.assert_close(loss, expected)
    for ours, theirs in zip(blocked, plain, strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)


def test_candidates_hold_every_target_once_and_are_corrected_by_their_chance_to_be_there() -> None:
    share = np.array([0.5, 0.3, 0.2, 0.0, 0.0], dtype=np.float32)
    targets = np.array([0, 2, 0])
    items, column, correction = Candidates(share, 4).draw(targets, np.random.default_rng(0))
    assert len(np.unique(items)) == len(items)
    assert (items[column] == targets).all()
    chance = 1 - np.exp(-(3 * share[items] + 4 / 5))
    np.testing.assert_allclose(correction, -np.log(chance), rtol=1e-5)
