"""One thread for every model: on logs this small two of them mostly wait for each other."""

from collections.abc import Iterator

import pytest
import torch

from recx.train.machine import limit_threads


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    # numba and torch share an OpenMP pool here: a parallel kernel would give torch its threads back
    with limit_threads(1):
        assert torch.get_num_threads() == 1
        yield
