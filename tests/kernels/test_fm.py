import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import approx_fprime
from scipy.sparse import csr_array
from scipy.stats import norm

from recx.kernels.fm import add_interpolated, draw_factor, draw_weights, ordered_likelihood


class Drawn:
    """Two blocks of 6 and 4 rows, 5 and 3 features, and 40 ratings; what a plain sampler draws from them."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.blocks = [rng.standard_normal((6, 5)) * (rng.random((6, 5)) < 0.6), rng.standard_normal((4, 3))]
        self.rows = [rng.integers(0, 6, 40).astype(np.int32), rng.integers(0, 4, 40).astype(np.int32)]
        self.design = np.hstack([block[rows] for block, rows in zip(self.blocks, self.rows, strict=True)])
        self.target = rng.standard_normal(40)
        self.theta = rng.standard_normal((2, 8))  # w and one factor
        self.mean, self.precision, self.normal = rng.standard_normal(8), rng.random(8) + 0.5, rng.random(8)

    def error(self, theta: np.ndarray) -> np.ndarray:
        """The rating less the equation of the model, with its double sum over pairs of features."""
        w, v = theta
        pairs = sum(
            v[j] * v[k] * self.design[:, j] * self.design[:, k] for j in range(8) for k in range(j + 1, 8)
        )
        return self.target - self.design @ w - pairs

    def plainly(self, which: int) -> np.ndarray:
        """Draw w (0) or the factor (1), one feature after the other, each from its conditional."""
        theta, noise = self.theta.copy(), 1.7
        for j in range(8):
            others = theta.copy()
            others[which, j] = 0
            left = self.error(others)
            x = self.design[:, j]
            slope = x if which == 0 else x * (self.design @ others[1])
            p = self.precision[j] + noise * slope @ slope
            m = self.precision[j] * self.mean[j] + noise * slope @ left
            theta[which, j] = m / p + self.normal[j] / np.sqrt(p)
        return theta

    def columns(self, block: int) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
        csc = csr_array(self.blocks[block]).tocsc()
        return (
            csc.shape[0],
            csc.indptr.astype(np.int64),
            csc.indices.astype(np.int32),
            csc.data.astype(np.float64),
        )


def test_weights_are_drawn_as_from_the_whole_design() -> None:
    drawn = Drawn()
    theta, error = drawn.theta.copy(), drawn.error(drawn.theta)
    for block, part in enumerate((slice(0, 5), slice(5, 8))):
        prior = drawn.mean[part], drawn.precision[part], drawn.normal[part]
        draw_weights(drawn.rows[block], *drawn.columns(block), theta[0, part], error, 1.7, *prior)
    expected = drawn.plainly(0)
    assert_allclose(theta, expected)
    assert_allclose(error, drawn.error(expected))


def test_a_factor_is_drawn_as_from_the_whole_design() -> None:
    drawn = Drawn()
    theta, error = drawn.theta.copy(), drawn.error(drawn.theta)
    sums = drawn.design @ theta[1]
    for block, part in enumerate((slice(0, 5), slice(5, 8))):
        prior = drawn.mean[part], drawn.precision[part], drawn.normal[part]
        draw_factor(drawn.rows[block], *drawn.columns(block), theta[1, part], sums, error, 1.7, *prior)
    expected = drawn.plainly(1)
    assert_allclose(theta, expected)
    assert_allclose(error, drawn.error(expected))
    assert_allclose(sums, drawn.design @ expected[1])


def test_the_ordered_likelihood_and_its_slopes_are_those_of_the_normal_distribution() -> None:
    rng = np.random.default_rng(1)
    scores, levels = rng.standard_normal(50), rng.integers(0, 4, 50).astype(np.int32)
    cutpoints = np.array([-0.8, 0.1, 0.9])

    def likelihood(cuts: np.ndarray) -> float:
        ends = np.concatenate([[-np.inf], cuts, [np.inf]])
        return float(np.log(norm.cdf(ends[levels + 1] - scores) - norm.cdf(ends[levels] - scores)).sum())

    def slope(cuts: np.ndarray) -> np.ndarray:
        return np.asarray(ordered_likelihood(scores, levels, cuts)[1])

    total, found, curve, beside = ordered_likelihood(scores, levels, cutpoints)
    assert_allclose(total, likelihood(cutpoints))
    assert_allclose(found, approx_fprime(cutpoints, likelihood), atol=1e-4)
    hessian = np.diag(curve) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
    assert_allclose(hessian, approx_fprime(cutpoints, slope), atol=1e-4)


@pytest.mark.parametrize("score", [-30.0, 30.0])
def test_a_level_far_from_its_score_has_a_likelihood(score: float) -> None:
    total, slope, *_ = ordered_likelihood(
        np.array([score]), np.array([1], dtype=np.int32), np.array([-0.5, 0.5])
    )
    distance = abs(score) - 0.5
    # the normal tail beyond x is about density(x) / x, and falls at the rate x
    assert_allclose(total, norm.logpdf(distance) - np.log(distance), rtol=1e-3)
    assert_allclose(np.abs(slope).max(), distance, rtol=1e-2)


def test_interpolation_is_numpys() -> None:
    rng = np.random.default_rng(2)
    scores = rng.uniform(-4, 4, (7, 9)).astype(np.float32)
    table = rng.random(20).astype(np.float32)
    out = np.ones((7, 9), dtype=np.float32)
    add_interpolated(scores, table, -3.0, 6.0 / 19, out)
    assert_allclose(out, 1 + np.interp(scores, np.linspace(-3, 3, 20), table), rtol=1e-4)
