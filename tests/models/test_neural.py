"""What neural models share."""

import torch

from recx.models.neural import repeatable


def gradient(rows: torch.Tensor, picked: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    rows = rows.clone().requires_grad_()
    (found,) = torch.autograd.grad((rows[picked] * weights).sum(), rows)
    return found


def test_the_gradient_of_picked_rows_is_the_same_in_every_run() -> None:
    made = torch.Generator().manual_seed(1)
    rows = torch.randn(500, 64, generator=made)
    picked, weights = torch.randint(500, (20_000,), generator=made), torch.randn(20_000, 64, generator=made)
    before, threads = torch.are_deterministic_algorithms_enabled(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with repeatable(torch.device("cpu")):
            first, *others = (gradient(rows, picked, weights) for _ in range(8))
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(first, other) for other in others)
    assert torch.are_deterministic_algorithms_enabled() == before
