import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.kernels.pooled import pooled_epoch
from tests.kernels.test_bpr import draws, log, seeded

ALIKE, LR = np.zeros(0), 0.02


class Parameters:
    """Factors, what Adam remembers of their gradients, and the events of an epoch in random order."""

    def __init__(self, n_users: int = 40, n_items: int = 30, factors: int = 5, each: int = 7) -> None:
        generator = np.random.default_rng(2)
        self.users, self.items = (
            generator.standard_normal((n, factors)).astype(np.float32) * 0.5 for n in (n_users, n_items)
        )
        self.means = [np.zeros((2, *rows.shape), dtype=np.float32) for rows in (self.users, self.items)]
        self.reg = [generator.random(n).astype(np.float32) * 0.04 for n in (n_users, n_items)]
        self.indptr, self.met = log(n_users, n_items, each)
        order = generator.permutation(len(self.met))
        self.events = np.repeat(np.arange(n_users, dtype=np.int32), each)[order], self.met[order]

    def epoch(self, batch: int, pool: int, taken: int, pool_reg: float = 0.0, chances=ALIKE) -> float:
        return pooled_epoch(
            *self.events, batch, pool, chances, self.indptr, self.met,
            self.users, self.items, *self.means, *self.reg, pool_reg, taken, LR, 77,
        )  # fmt: skip


def twin(
    own: Parameters, batch: int, pool: int, taken: int, pool_reg: float, chances, state: list[np.ndarray]
) -> float:  # fmt: skip
    """The same epoch with Adam on all rows in every step, in float64; ``state`` is moved."""
    users, items, *means = state
    losses = []
    for start in range(0, len(own.met), batch):
        drawn = draws(seeded(77, start // batch))
        next(drawn)
        if len(chances):
            shares = np.array([next(drawn) >> 11 for _ in range(pool)]) / 2.0**53
            others = (chances <= shares[:, None] * chances[-1]).sum(axis=1)
        else:
            others = np.array([drawn.send(len(items)) for _ in range(pool)])
        gradients = np.zeros_like(users), np.zeros_like(items)
        for u, i in zip(*(ids[start : start + batch] for ids in own.events), strict=True):
            allowed = others[~np.isin(others, own.met[own.indptr[u] : own.indptr[u + 1]])]
            apart = items[i] - items[allowed]
            x = apart @ users[u]
            losses.append(np.log1p(np.exp(-x)).sum() / max(1, len(allowed)))
            g = 1 / (1 + np.exp(x)) / max(1, len(allowed))
            gradients[0][u] += own.reg[0][u] * users[u] - g @ apart
            gradients[1][i] += own.reg[1][i] * items[i] - g.sum() * users[u]
            np.add.at(gradients[1], allowed, np.outer(g, users[u]))
            np.add.at(gradients[1], others, pool_reg * items[others] / pool)
        taken += 1
        for rows, gradient, (mean, square) in zip((users, items), gradients, means, strict=True):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            rows -= LR * np.sqrt(1 - 0.999**taken) / (1 - 0.9**taken) * mean / (np.sqrt(square) + 1e-8)
    return float(np.mean(losses))


@pytest.mark.parametrize(("batch", "pool", "users"), [(16, 9, 40), (100, 70, 40), (1000, 3, 40), (1, 2, 60)])
@pytest.mark.parametrize("chances", [ALIKE, np.cumsum(np.arange(30.0))], ids=["alike", "by_chance"])
def test_epochs_equal_their_plain_twins(batch: int, pool: int, users: int, chances) -> None:
    own = Parameters(users)  # 60 of them wait for more steps than LONGEST
    state = [array.astype(np.float64) for array in (own.users, own.items, *own.means)]
    steps = -(-len(own.met) // batch)
    for taken in (0, steps):
        expected = twin(own, batch, pool, taken, 0.02, chances, state)
        assert_allclose(own.epoch(batch, pool, taken, 0.02, chances), expected, rtol=1e-4)
        for array, other in zip((own.users, own.items, *own.means), state, strict=True):
            assert_allclose(array, other, rtol=1e-3, atol=1e-4)


def test_negatives_follow_their_chances_and_are_never_met() -> None:
    """What a user of nothing but one event pushes away is in proportion to its chances."""
    own = Parameters(1, 4, 2, each=1)
    own.items[:], own.reg[1][:] = own.items[0], 0  # equal scores, hence equal weights
    own.epoch(1, 4000, 0, chances=np.cumsum([5.0, 5, 5, 5]))
    met = int(own.met[0])
    pushed = np.abs(own.means[1][0]).sum(axis=1)
    others = np.delete(np.arange(4), met)
    assert_allclose(pushed[others] / pushed[others].sum(), 1 / 3, atol=0.03)
    assert_allclose(pushed[met], pushed[others].sum(), rtol=1e-4)

    skewed = Parameters(1, 4, 2, each=1)
    skewed.items[:], skewed.reg[1][:] = skewed.items[0], 0
    chances = np.ones(4)
    chances[others] = 0, 1, 3
    skewed.epoch(1, 4000, 0, chances=np.cumsum(chances))
    pushed = np.abs(skewed.means[1][0]).sum(axis=1)[others]
    assert pushed[0] == 0
    assert_allclose(pushed[2] / pushed[1], 3, rtol=0.15)


def test_a_user_who_has_met_everything_teaches_nothing() -> None:
    own = Parameters(1, 7, each=7)
    own.reg = [0 * reg for reg in own.reg]
    before = own.users.copy(), own.items.copy()
    assert own.epoch(4, 20, 0) == 0
    assert_array_equal(own.users, before[0])
    assert_array_equal(own.items, before[1])
