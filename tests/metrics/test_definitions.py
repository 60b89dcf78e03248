"""Properties every definition has, and agreement with libraries that define the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recx.data import Rankings
from recx.errors import UsageError
from recx.metrics import METRICS, RANKING, Metric, gathered_metric, parse, ranking_metric, rating_metric
from recx.metrics.lists import Lists, Targets
from recx.metrics.ratings import Errors

DEPTH = 10
BOUNDED = sorted(set(RANKING) - {"dcg"})


def judged(lists: list[list[int]], relevant: list[set[int]], depth: int = DEPTH) -> Lists:
    users = np.arange(len(lists), dtype=np.int32)
    items = np.array([row + [-1] * (depth - len(row)) for row in lists], np.int32)
    targets = Targets(
        users,
        np.cumsum([0, *map(len, relevant)]),
        np.array([item for row in relevant for item in sorted(row)], np.int32),
        np.ones(sum(map(len, relevant)), np.float32),
    )
    return Lists.judge(Rankings(users, items, np.zeros(items.shape, np.float32)), targets)


short_list = st.lists(st.integers(0, 30), max_size=DEPTH, unique=True)
some_relevant = st.sets(st.integers(0, 30), min_size=1, max_size=15)


@settings(deadline=None, max_examples=60)
@given(short_list, some_relevant, st.integers(1, DEPTH))
def test_metrics_lie_between_0_and_1(row: list[int], relevant: set[int], k: int) -> None:
    lists = judged([row], [relevant])
    for name in BOUNDED:
        assert 0 <= ranking_metric(name)(lists, k)[0] <= 1 + 1e-12, name


@settings(deadline=None, max_examples=60)
@given(some_relevant, st.integers(1, DEPTH))
def test_the_ideal_list_scores_1(relevant: set[int], k: int) -> None:
    lists = judged([sorted(relevant)[:DEPTH]], [relevant])
    for name in ("ndcg", "ndcg_exp", "map", "mrr", "hit", "recall_capped", "precision_returned"):
        assert ranking_metric(name)(lists, k)[0] == pytest.approx(1), name


@settings(deadline=None, max_examples=100)
@given(short_list.filter(lambda row: len(row) > 1), some_relevant, st.integers(1, DEPTH), st.data())
def test_moving_a_hit_up_never_lowers_a_metric(
    row: list[int], relevant: set[int], k: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(1, len(row) - 1))
    better = row.copy()
    if row[place] in relevant and row[place - 1] not in relevant:
        better[place - 1], better[place] = row[place], row[place - 1]
    lists = judged([row, better], [relevant, relevant])
    for name in RANKING:
        before, after = ranking_metric(name)(lists, k)
        assert after >= before - 1e-12, name


def random_runs(seed: int, users: int = 200) -> tuple[list[list[int]], list[set[int]]]:
    random = np.random.default_rng(seed)
    lists = [random.permutation(60)[: random.integers(1, DEPTH + 1)].tolist() for _ in range(users)]
    relevant = [set(random.permutation(60)[: random.integers(1, 20)].tolist()) for _ in range(users)]
    return lists, relevant


# ranx compiles on first use, with a cast that numba calls unsafe
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unsafe cast from uint64 to int64")
def test_agrees_with_ranx_on_random_runs() -> None:
    from ranx import Qrels, Run, evaluate

    lists, relevant = random_runs(0)
    qrels = Qrels({f"u{u}": dict.fromkeys(map(str, row), 1) for u, row in enumerate(relevant)})
    run = Run({f"u{u}": {str(i): -float(r) for r, i in enumerate(row)} for u, row in enumerate(lists)})
    ours = judged(lists, relevant)
    names = {"precision": "precision", "recall": "recall", "hit_rate": "hit", "mrr": "mrr", "ndcg": "ndcg"}
    for theirs, name in (names | {"map": "map_r", "ndcg_burges": "ndcg_exp"}).items():
        for k in (1, 3, DEPTH):
            expected = evaluate(qrels, run, f"{theirs}@{k}")
            assert ranking_metric(name)(ours, k).mean() == pytest.approx(expected), (name, k)


def test_f1_is_the_harmonic_mean_of_a_users_precision_and_recall() -> None:
    lists = judged(*random_runs(1))
    p, r = ranking_metric("precision")(lists, 5), ranking_metric("recall")(lists, 5)
    both = p + r > 0
    assert np.allclose(ranking_metric("f1")(lists, 5)[both], (2 * p * r)[both] / (p + r)[both])
    assert not ranking_metric("f1")(lists, 5)[~both].any()


def test_numbers_do_not_depend_on_the_block_a_user_came_in() -> None:
    lists, relevant = random_runs(2)
    whole = judged(lists, relevant)
    halves = [judged(lists[part], relevant[part]) for part in (slice(0, 77), slice(77, None))]
    for name in RANKING:
        metric = ranking_metric(name)
        assert np.array_equal(metric(whole, 7), np.concatenate([metric(half, 7) for half in halves])), name


def test_rating_errors_agree_with_scikit_learn() -> None:
    from sklearn.metrics import mean_absolute_error, mean_squared_error, root_mean_squared_error

    random = np.random.default_rng(0)
    truth, guess = random.integers(1, 6, 500).astype(float), random.uniform(1, 5, 500)
    errors = Errors(np.sort(random.integers(0, 40, 500)).astype(np.int32), guess - truth)
    assert rating_metric("mse")(errors) == pytest.approx(mean_squared_error(truth, guess))
    assert rating_metric("rmse")(errors) == pytest.approx(root_mean_squared_error(truth, guess))
    assert rating_metric("mae")(errors) == pytest.approx(mean_absolute_error(truth, guess))


def test_rmse_user_is_the_mean_of_each_users_rmse() -> None:
    errors = Errors(np.array([3, 3, 8], np.int32), np.array([1.0, 3.0, -2.0]))
    assert rating_metric("rmse_user")(errors) == pytest.approx((5**0.5 + 2) / 2)
    assert rating_metric("rmse")(errors) == pytest.approx((14 / 3) ** 0.5)


def test_coverage_counts_distinct_items_over_candidates() -> None:
    shown, candidates = np.array([4, 0, 1, 0, 0]), np.array([True, True, True, True, False])
    assert gathered_metric("coverage")(shown, candidates) == 2 / 4


def test_a_metric_is_named_by_a_word_and_a_cut_off() -> None:
    assert parse("ndcg@10") == Metric("ndcg", 10)
    assert str(parse("ndcg@10")) == "ndcg@10"
    assert parse("rmse") == Metric("rmse", None)
    assert parse("recall@5").higher_is_better
    assert not parse("rmse").higher_is_better


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("ndgc@10", "no metric called 'ndgc'; did you mean 'ndcg'?"),
        ("ndcg", "metric 'ndcg' needs a cut-off of 1 or more; write ndcg@10"),
        ("ndcg@0", "metric 'ndcg@0' needs a cut-off of 1 or more; write ndcg@10"),
        ("rmse@10", "metric 'rmse@10': rmse takes no cut-off; write rmse"),
    ],
)
def test_a_mistyped_metric_is_told_what_would_be_right(text: str, answer: str) -> None:
    with pytest.raises(UsageError) as told:
        parse(text)
    assert str(told.value) == answer


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_what_it_means(name: str) -> None:
    from importlib import import_module

    module, _, function = METRICS[name].partition(":")
    assert getattr(import_module(module), function).__doc__
