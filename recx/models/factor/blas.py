"""BLAS on one thread, while the kernels that call it run on all."""

from contextlib import AbstractContextManager
from typing import Any

import scipy.linalg  # noqa: F401  # its BLAS, which numba calls, must be there when the controller looks
from threadpoolctl import ThreadpoolController

CONTROLLER = ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[Any]:
    """A context in which BLAS takes one thread, as its own would fight with those of the kernels."""
    limited: AbstractContextManager[Any] = CONTROLLER.limit(limits=1, user_api="blas")
    return limited
