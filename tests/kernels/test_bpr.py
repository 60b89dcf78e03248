import math

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from recx.kernels import bpr
from recx.kernels.bpr import deal, learn_users, pair_filter, pairwise_epoch

Factors = tuple[np.ndarray, np.ndarray, np.ndarray]
EVERY = 1 << 64
EMPTY = np.zeros(0, dtype=np.float32)


def seeded(seed: int, number: int) -> int:
    z = (seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03) % EVERY
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % EVERY
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % EVERY
    return (z ^ (z >> 31)) | 1


def draws(state: int):
    """Numbers below what is sent, by xorshift64; all 64 bits of the state where nothing is sent."""
    n = yield 0
    while True:
        state ^= (state << 13) % EVERY
        state ^= state >> 7
        state ^= (state << 17) % EVERY
        n = yield state if n is None else ((state >> 32) * n) >> 32


def step(p, a, b, c, d, lr, reg):
    """One step in float64 on user p, items a and b and their biases c and d, and its loss."""
    g = 1 / (1 + np.exp(c - d + p @ (a - b)))
    moved = p + lr * (g * (a - b) - reg * p), a + lr * (g * p - reg * a), b + lr * (-g * p - reg * b)
    return *moved, c + lr * (g - reg * c), d + lr * (-g - reg * d), -np.log(1 - g)


def twin(cells, users, items, pool, pool_bounds, weights, met, factors: Factors, lr, reg, seed) -> float:
    """The same epoch in plain Python."""

    def place(part: slice) -> int:
        if not len(weights):
            return drawn.send(part.stop - part.start)
        wanted = np.float32(next(drawn) >> 40) / np.float32(1 << 24) * weights[part][-1]
        return int((weights[part] <= wanted).sum())

    u, v, bias = factors
    blocks, losses = len(cells), []
    for turn in range(blocks):
        for b in range(blocks):
            c = (b + turn) % blocks
            events = list(zip(*(x[cells[b, c] : cells[b, c + 1]] for x in (users, items)), strict=True))
            drawn = draws(seeded(seed, b * blocks + c))
            next(drawn)
            for k in range(len(events) - 1, 0, -1):
                other = drawn.send(k + 1)
                events[k], events[other] = events[other], events[k]
            block = slice(*pool_bounds[c : c + 2])
            for user, i in events:
                for _ in range(32):
                    j = pool[block][place(block)]
                    if j not in met[user]:
                        u[user], v[i], v[j], bias[i], bias[j], loss = step(
                            u[user], v[i], v[j], bias[i], bias[j], lr, reg
                        )
                        losses.append(loss)
                        break
    return float(np.mean(losses))


def log(n_users: int = 40, n_items: int = 30, each: int = 7):
    """A random CSR matrix: indptr, indices ascending in a row."""
    generator = np.random.default_rng(0)
    rows = [np.sort(generator.choice(n_items, each, replace=False)) for _ in range(n_users)]
    return each * np.arange(n_users + 1, dtype=np.int64), np.concatenate(rows).astype(np.int32)


def dealt(indptr, indices, n_items: int, blocks: int):
    """Cells, and the item blocks they are of."""
    pool = np.random.default_rng(1).permutation(n_items).astype(np.int32)
    pool_bounds = np.linspace(0, n_items, blocks + 1).astype(np.int64)
    block_of = np.empty(n_items, dtype=np.int32)
    block_of[pool] = np.repeat(np.arange(blocks, dtype=np.int32), np.diff(pool_bounds))
    bounds = np.linspace(0, len(indptr) - 1, blocks + 1).astype(np.int64)
    return (*deal(bounds, indptr, indices, block_of, blocks), pool, pool_bounds), bounds, block_of


def start(n_users: int = 40, n_items: int = 30, factors: int = 5) -> Factors:
    generator = np.random.default_rng(2)
    return tuple(
        generator.standard_normal(shape).astype(np.float32) * 0.5
        for shape in ((n_users, factors), (n_items, factors), n_items)
    )


def test_random_numbers_are_those_of_the_published_integers() -> None:
    for seed, number in ((0, 0), (77, 3), (1 << 61, 4095)):
        state = int(bpr.seeded(np.uint64(seed), number))
        assert state == seeded(seed, number)
        drawn = draws(state)
        next(drawn)
        for n in (1, 30, 1 << 30):
            state = int(bpr.next_state(np.uint64(state)))
            assert bpr.below(np.uint64(state), n) == drawn.send(n)


def test_a_sum_in_order_is_that_of_a_loop() -> None:
    """Which here is another than the exact one: 1 is lost beside 1e16."""
    values = [1e16, 1.0, 1.0, -1e16, 0.1] * 7
    total = 0.0
    for value in values:
        total += value
    assert bpr.in_order(np.array(values)) == total != math.fsum(values)
    assert bpr.in_order(np.zeros(0)) == 0


def test_a_filter_holds_every_pair_and_few_others() -> None:
    """Its bits, set one by one on Python's own integers."""
    indptr, indices = log()
    bits = pair_filter(indptr, indices)
    assert 16 * len(indices) <= 64 * len(bits) < 32 * len(indices)
    held = 0
    for user in range(40):
        for item in indices[indptr[user] : indptr[user + 1]].tolist():
            z = (user * 0x9E3779B97F4A7C15 + item * 0xD1B54A32D192ED03) % EVERY
            held |= 1 << ((z ^ (z >> 32)) & (64 * len(bits) - 1))
    assert sum(int(word) << (64 * at) for at, word in enumerate(bits)) == held


def test_every_event_lies_in_the_cell_of_its_blocks() -> None:
    indptr, indices = log()
    (cells, users, items, _, _), bounds, block_of = dealt(indptr, indices, 30, 3)
    expected = set(zip(np.repeat(np.arange(40), 7).tolist(), indices.tolist(), strict=True))
    assert set(zip(users.tolist(), items.tolist(), strict=True)) == expected
    for b in range(3):
        for c in range(3):
            part = slice(cells[b, c], cells[b, c + 1])
            assert ((users[part] >= bounds[b]) & (users[part] < bounds[b + 1])).all()
            assert (block_of[items[part]] == c).all()


@pytest.mark.parametrize("blocks", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_an_epoch_equals_its_plain_twin(blocks: int, weighted: bool) -> None:
    indptr, indices = log()
    parts, _, _ = dealt(indptr, indices, 30, blocks)
    met = [set(row.tolist()) for row in np.split(indices, indptr[1:-1])]
    slow = tuple(array.astype(np.float64) for array in start())
    weights = EMPTY
    if weighted:
        chances = np.split(np.arange(30, dtype=np.float32), parts[-1][1:-1])
        weights = np.concatenate([np.cumsum(block) for block in chances])
    expected = twin(*parts, weights, met, slow, 0.1, 0.02, 77)
    fast = start()
    loss = pairwise_epoch(
        *parts, weights, indptr, indices, pair_filter(indptr, indices), *fast, 0.1, 0.02, 77
    )
    assert_allclose(loss, expected, rtol=1e-5)
    for own, other in zip(fast, slow, strict=True):
        assert_allclose(own, other, rtol=1e-3, atol=1e-5)


def test_the_number_of_threads_changes_nothing() -> None:
    indptr, indices = log(400, 300, 20)
    before = numba.get_num_threads()
    results = []
    for threads in (1, before, before):
        numba.set_num_threads(threads)
        try:
            factors = start(400, 300, 16)
            parts, _, _ = dealt(indptr, indices, 300, 4)
            pairwise_epoch(
                *parts, EMPTY, indptr, indices, pair_filter(indptr, indices), *factors, 0.1, 0.02, 5
            )
            results.append(factors)
        finally:
            numba.set_num_threads(before)
    for factors in results[1:]:
        for own, first in zip(factors, results[0], strict=True):
            assert_array_equal(own, first)


def test_negatives_follow_their_chances_and_are_never_met() -> None:
    """User 0 has met item 0; with no penalty, a bias tells how often its item was drawn."""
    indptr, indices = np.array([0, 1]), np.zeros(1, dtype=np.int32)
    pool, pool_bounds = np.arange(4, dtype=np.int32), np.array([0, 4])
    weights = np.cumsum([5, 0, 1, 3]).astype(np.float32)
    bias = np.zeros(4, dtype=np.float32)
    factors = np.zeros((1, 2), dtype=np.float32), np.zeros((4, 2), dtype=np.float32)
    cells = np.array([[0, 4000]])
    pairwise_epoch(
        cells, np.zeros(4000, np.int32), np.zeros(4000, np.int32), pool, pool_bounds, weights,
        indptr, indices, pair_filter(indptr, indices), *factors, bias, 1e-6, 0.0, 3,
    )  # fmt: skip
    assert bias[0] > 0 and bias[1] == 0
    assert_allclose(bias[3] / bias[2], 3, rtol=0.15)


def test_a_user_who_has_met_everything_is_left_out() -> None:
    indptr, indices = np.array([0, 3]), np.arange(3, dtype=np.int32)
    parts, _, _ = dealt(indptr, indices, 3, 1)
    factors = start(1, 3)
    before = [array.copy() for array in factors]
    pairwise_epoch(*parts, EMPTY, indptr, indices, pair_filter(indptr, indices), *factors, 0.1, 0.1, 1)
    for own, old in zip(factors, before, strict=True):
        assert_array_equal(own, old)


def test_a_user_is_learnt_from_its_items_wherever_it_stands() -> None:
    indptr, indices = log(40, 30)
    _, items, bias = start()
    everyone = learn_users(indptr, indices, items, bias, 30, 0.1, 0.01)
    alone = learn_users(np.array([0, 7]), indices[14:21], items, bias, 30, 0.1, 0.01)
    assert_array_equal(alone[0], everyone[2])


def test_users_are_learnt_as_in_plain_steps_on_fixed_items() -> None:
    indptr, indices = log()
    _, items, bias = start()
    row = indices[14:21].tolist()
    state = seeded(1, len(row))
    for i in row:
        state = seeded(state >> 1, i)
    drawn = draws(state)
    next(drawn)
    p = np.zeros(5)
    for i in row * 30:
        j = next(j for _ in range(32) if (j := drawn.send(30)) not in row)
        p = step(p, items[i], items[j], bias[i], bias[j], 0.1, 0.01)[0]
    learnt = learn_users(indptr, indices, items, bias, 30, 0.1, 0.01)
    assert_allclose(learnt[2], p, rtol=1e-3, atol=1e-5)
