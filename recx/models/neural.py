"""What neural models share: Adam over a torch module, batch by batch, resumable to the bit.

Nothing here or in the models draws from torch's global generator: a trainer brings its own two.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from recx.models.base import RunOptions
from recx.models.epochs import State, pack_generator, unpack_generator

B = TypeVar("B")
MOMENTS = ("step", "exp_avg", "exp_avg_sq")
"""What Adam remembers of each parameter."""


@contextmanager
def repeatable(device: torch.device) -> Iterator[None]:
    """On a CPU, threads add up in one order: else a gradient of picked rows differs from run to run."""
    before = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    if device.type == "cpu":
        torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn_only)


class NeuralTrainer(ABC, Generic[B]):
    """One torch module being trained by Adam (Kingma & Ba 2015); a Trainer of recx.models.epochs.

    A subclass says what the batches of an epoch are, what the loss of one is, and how the model is left.
    """

    def __init__(self, module: nn.Module, lr: float, run: RunOptions, rng: np.random.Generator) -> None:
        self.device = torch.device(run.device)
        self.module = module.to(self.device)
        self.rng = rng
        self.generator = torch.Generator(self.device).manual_seed(int(rng.integers(2**62)))
        self.adam = torch.optim.Adam(self.module.parameters(), lr=lr, fused=True)

    @abstractmethod
    def batches(self) -> Iterator[B]:
        """The batches of one epoch, in the order ``self.rng`` gives them."""

    @abstractmethod
    def loss(self, batch: B) -> tuple[Tensor, float]:
        """The loss to descend on, a mean over the batch, and the weight of the batch in the epoch's mean."""

    def ready(self) -> None:
        """Leave the model ready to score; called after every epoch and after a load."""

    def epoch(self, number: int) -> float:
        """Train one pass; the mean loss."""
        total = weight = 0.0
        with repeatable(self.device):
            for batch in self.batches():
                loss, share = self.step(batch)
                total += loss * share
                weight += share
        self.ready()
        return total / weight if weight else 0.0  # no batch: a log too short to learn from

    def step(self, batch: B) -> tuple[float, float]:
        """One step of Adam; the loss before it and the weight of the batch."""
        self.adam.zero_grad()
        loss, share = self.loss(batch)
        torch.autograd.backward(loss)
        self.adam.step()
        return float(loss.detach()), share

    def state(self) -> State:
        """Parameters, Adam's moments and both generators."""
        state: dict[str, npt.NDArray[Any]] = {
            "numpy": pack_generator(self.rng),
            "torch": self.generator.get_state().numpy().copy(),
        }
        for name, parameter in self.module.named_parameters():
            state[f"parameter.{name}"] = to_numpy(parameter)
            for moment, value in self.adam.state.get(parameter, {}).items():
                state[f"{moment}.{name}"] = to_numpy(value)
        return state

    def load(self, state: State) -> None:
        """Continue from ``state``."""
        self.rng = unpack_generator(state["numpy"])
        self.generator.set_state(torch.from_numpy(state["torch"].copy()))
        load_parameters(self.module, state, "parameter.")
        for name, parameter in self.module.named_parameters():
            moments = {
                m: to_torch(state[f"{m}.{name}"], self.device) for m in MOMENTS if f"{m}.{name}" in state
            }
            if moments:
                self.adam.state[parameter] = moments
            else:
                self.adam.state.pop(parameter, None)
        self.ready()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one CPU thread for a chain of small operations, such as the steps of a recurrent cell.

    Two threads meet after each of thousands of them. On idle cores that makes an epoch a third shorter; where
    something else runs as well the first waits for the second, spinning, and it takes 10 to 30 times as long.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def to_numpy(tensor: Tensor) -> npt.NDArray[Any]:
    """A copy of a tensor's values."""
    values: npt.NDArray[Any] = tensor.detach().cpu().numpy().copy()
    return values


def to_torch(array: npt.NDArray[Any], device: torch.device | str = "cpu") -> Tensor:
    """A tensor that shares nothing with ``array``."""
    return torch.from_numpy(np.array(array)).to(device)


def parameters(module: nn.Module) -> dict[str, npt.NDArray[np.generic]]:
    """The parameters of a module by name, for ``Recommender.arrays``."""
    return {name: to_numpy(parameter) for name, parameter in module.named_parameters()}


def load_parameters(module: nn.Module, arrays: Mapping[str, npt.NDArray[Any]], prefix: str = "") -> None:
    """Overwrite the parameters of a module with ``arrays``, whose names begin with ``prefix``."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(torch.from_numpy(np.array(arrays[prefix + name])))


def dropout(values: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Set a ``share`` of the values to 0 and scale the rest up (Srivastava 2014)."""
    if share <= 0:
        return values
    kept = torch.empty_like(values).bernoulli_(1 - share, generator=generator)
    return values * kept / (1 - share)
