"""The Gibbs sampler of the factorisation machine."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.special import ndtr, ndtri

from recx.arrays import Float64, Int32, Int64
from recx.kernels.fm import draw_factor, draw_weights, ordered_likelihood
from recx.models.factor.fm_features import Block

INIT_SD = 0.1
"""Standard deviation of the factors before the first sweep."""
CUTPOINT_SD = 10.0
"""Standard deviation of the prior of a cutpoint: wide, so that few ratings have finite ones."""
NEWTON = 20
"""Steps to the likeliest cutpoints, at most; two or three are enough once the chain is warm."""
CLOSE = 1e-3
"""Squared distance from the likeliest cutpoints, in their own standard deviations, that is near enough."""


class Gibbs:
    """One chain. ``sweep`` draws every parameter once, given all others.

    y = w0 + sum_j w_j x_j + sum_{j<k} v_j v_k x_j x_k + noise (Rendle 2010), where x is the sum of one row
    of every block. Every group g of features has its own priors, w_j ~ N(mu_g, 1 / lambda_g) and likewise
    each factor of v, with mu ~ N(0, 1 / lambda), lambda ~ Gamma(1/2, 1/2); so has the precision of the noise
    (Freudenthaler, Schmidt-Thieme & Rendle 2011, "Bayesian Factorization Machines").

    With ``levels`` the target is their number 0, 1, ...: y is not seen but between the two cutpoints of its
    level (ordered probit; Albert & Chib 1993), has noise of precision 1, and w0 is left to the cutpoints.
    These are drawn with y integrated out (Albert & Chib 2001), by a Metropolis step from the normal
    approximation at their mode, and y after them: drawn given y they would hardly move.
    """

    w0: float
    theta: Float64  # (1 + factors, features) w, then the factors; of features that some rating has
    cutpoints: Float64  # (levels - 1,)

    def __init__(
        self, blocks: list[tuple[Block, Int32]], target: Float64, levels: int, factors: int, seed: int
    ) -> None:
        """``blocks`` come with the row of each that belongs to each rating; ``levels`` 0 is regression."""
        self.rng = np.random.default_rng(seed)
        self.levels, self.level = levels, target.astype(np.int32)
        self.blocks = [block for block, _ in blocks]
        self.rows = [rows for _, rows in blocks]
        self.used = [block.used(rows) for block, rows in blocks]
        pairs = zip(self.blocks, self.used, strict=True)
        self.matrices = [csr_array(block.matrix[:, used], dtype=np.float64) for block, used in pairs]
        self.columns = [_by_column(matrix) for matrix in self.matrices]
        ends = np.cumsum([matrix.shape[1] for matrix in self.matrices])
        starts = np.append(0, ends[:-1])
        self.parts = [slice(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
        sizes = [size for block in self.blocks for size in block.groups]
        self.group = np.repeat(np.arange(len(sizes)), sizes)  # of every feature of the design
        self.groups = csr_array(np.eye(len(sizes)))[self.group[np.concatenate(self.used)]]
        self.theta = np.zeros((1 + factors, self.groups.shape[0]))
        self.theta[1:] = INIT_SD * self.rng.standard_normal((factors, self.groups.shape[0]))
        self.means = np.zeros((1 + factors, len(sizes)))
        self.w0, self.precision, self.cutpoints = float(target.mean()), 1.0, np.zeros(0)
        if levels:
            self.w0 = 0.0
            below = np.cumsum(np.bincount(self.level, minlength=levels))[:-1]
            self.cutpoints = ndtri(below / len(target))
        self.hidden = target  # y: seen, or drawn where levels are seen
        self.error = self.hidden - self.predict()

    def predict(self) -> Float64:
        """What the parameters as they stand say of every rating, before the cutpoints: (n,)."""
        total, sums = self.w0, np.zeros((len(self.hidden), len(self.theta) - 1))
        for matrix, part, rows in zip(self.matrices, self.parts, self.rows, strict=True):
            weights, factors = summed(matrix, self.theta[:, part].T)
            total = total + (weights - np.square(factors).sum(axis=1) / 2)[rows]
            sums += factors[rows]
        return np.asarray(total + np.square(sums).sum(axis=1) / 2)

    def features(self) -> list[Float64]:
        """The parameters by block: (features, 1 + factors) each, the prior mean of those no rating has.

        These would be drawn from their prior, of which the score is a linear function: its mean says the
        same without the noise, and 0 is said of a group that no rating has.
        """
        met = np.concatenate(self.used)
        alive = np.bincount(self.group[met], minlength=self.means.shape[1]) > 0
        theta = (self.means * alive)[:, self.group]
        theta[:, met] = self.theta
        return np.split(theta.T, np.cumsum([len(used) for used in self.used])[:-1])

    @property
    def scores(self) -> Float64:
        """``predict``, kept up to date."""
        return self.hidden - self.error

    def sweep(self) -> None:
        """Draw all parameters once."""
        if self.levels:
            scores = self.scores
            self._draw_cutpoints(scores)
            self.hidden = self._draw_hidden(scores)
            self.error = self.hidden - scores
        else:
            self._draw_noise()
        precision = self._draw_priors() @ self.groups.T
        mean = self.means @ self.groups.T
        for factor, theta in enumerate(self.theta):
            normal = self.rng.standard_normal(len(theta))
            sums = np.zeros(len(self.hidden))
            blocks = list(zip(self.matrices, self.columns, self.parts, self.rows, strict=True))
            if factor:
                for matrix, _, part, rows in blocks:
                    sums += (matrix @ theta[part])[rows]
            for _, columns, part, rows in blocks:
                prior = mean[factor, part], precision[factor, part], normal[part]
                if factor:
                    draw_factor(rows, *columns, theta[part], sums, self.error, self.precision, *prior)
                else:
                    draw_weights(rows, *columns, theta[part], self.error, self.precision, *prior)

    def _draw_noise(self) -> None:
        n = len(self.error)
        self.precision = self.rng.gamma((1 + n) / 2, 2 / (1 + np.square(self.error).sum()))
        drawn = self.rng.normal(self.w0 + self.error.mean(), 1 / np.sqrt(self.precision * n))
        self.error -= drawn - self.w0
        self.w0 = float(drawn)

    def _draw_priors(self) -> Float64:
        """Draw mean and precision of every group; the precisions: (1 + factors, groups)."""
        sizes = self.groups.sum(axis=0)
        apart = np.square(self.theta - self.means @ self.groups.T) @ self.groups
        precision = self.rng.gamma((2 + sizes) / 2, 2 / (1 + apart + np.square(self.means)))
        centre = self.theta @ self.groups / (1 + sizes)
        self.means = self.rng.normal(centre, 1 / np.sqrt((1 + sizes) * precision))
        return np.asarray(precision)

    def _draw_cutpoints(self, scores: Float64) -> None:
        now, mode, before = self.cutpoints, self.cutpoints, 0.0
        for attempt in range(NEWTON):
            posterior, slope, hessian = self._log_posterior(scores, mode)
            before = before if attempt else posterior
            step = np.linalg.solve(hessian, -slope)
            if step @ -hessian @ step < CLOSE:
                break
            # the cutpoints must stay in order; the likelihood is concave, so a shorter step gets there too
            while np.any(np.diff(mode + step) <= 0):
                step /= 2
            mode = mode + step
        root = np.linalg.cholesky(-hessian).T
        candidate = mode + np.linalg.solve(root, self.rng.standard_normal(len(now)))
        chance = np.log(self.rng.random())
        if np.any(np.diff(candidate) <= 0):
            return
        there = 0.5 * np.square(root @ (candidate - mode)).sum()
        here = 0.5 * np.square(root @ (now - mode)).sum()
        if chance < self._log_posterior(scores, candidate)[0] - before + there - here:
            self.cutpoints = candidate

    def _log_posterior(self, scores: Float64, cutpoints: Float64) -> tuple[float, Float64, Float64]:
        """Of the cutpoints given the scores, y integrated out; its gradient and Hessian."""
        total, slope, curve, beside = ordered_likelihood(scores, self.level, cutpoints)
        weight = CUTPOINT_SD**-2
        hessian = np.diag(curve - weight) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
        prior = -0.5 * weight * float(cutpoints @ cutpoints)
        return float(total) + prior, slope - weight * cutpoints, hessian

    def _draw_hidden(self, scores: Float64) -> Float64:
        """Draw y of every rating: normal around its score, between the cutpoints of its level."""
        ends = np.concatenate([[-np.inf], self.cutpoints, [np.inf]])
        low, high = ends[self.level] - scores, ends[self.level + 1] - scores
        # in the lower tail probabilities keep their digits
        flip = low > 0
        low, high = np.where(flip, -high, low), np.where(flip, -low, high)
        under, over = ndtr(low), ndtr(high)
        drawn = ndtri(under + self.rng.random(len(low)) * (over - under))
        drawn = np.clip(drawn, np.maximum(low, -1e6), np.minimum(high, 1e6))
        return np.asarray(scores + np.where(flip, -drawn, drawn))


def summed(matrix: csr_array, theta: Float64) -> tuple[Float64, Float64]:
    """Of every row of a block: what it adds to a score by itself (rows,), and its factors (rows, factors).

    ``theta`` (features, 1 + factors) holds w and v. By itself: sum w x + ((sum v x)^2 - sum v^2 x^2) / 2.
    """
    both = matrix @ theta
    squares = (matrix * matrix) @ np.square(theta[:, 1:]).sum(axis=1)
    return both[:, 0] + (np.square(both[:, 1:]).sum(axis=1) - squares) / 2, both[:, 1:]


def _by_column(matrix: csr_array) -> tuple[int, Int64, Int32, Float64]:
    columns = matrix.tocsc()
    return matrix.shape[0], columns.indptr.astype(np.int64), columns.indices.astype(np.int32), columns.data
