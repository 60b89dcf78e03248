import numpy as np
import pytest
from numpy.testing import assert_array_equal

from recx.kernels.topk import top_k


@pytest.mark.parametrize("k", [1, 5, 60])
def test_the_lists_equal_a_full_sort_with_ties_by_the_given_order(k: int) -> None:
    generator = np.random.default_rng(0)
    scores = generator.integers(0, 6, (40, 50)).astype(np.float32)
    scores[generator.random(scores.shape) < 0.2] = -np.inf
    order = generator.permutation(50).astype(np.int32)
    items, values = top_k(scores, order, k)
    for row, line in enumerate(scores):
        wanted = [item for item in np.lexsort((order, -line)) if line[item] > -np.inf][:k]
        assert_array_equal(items[row], wanted + [-1] * (k - len(wanted)))
        assert_array_equal(values[row], [*line[wanted], *[-np.inf] * (k - len(wanted))])
