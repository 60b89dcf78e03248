"""Properties every definition has, and agreement with libraries that define the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recx.data import Rankings
from recx.errors import UsageError
from recx.metrics import (
    METRICS,
    RANKING,
    Metric,
    base_of,
    load,
    parse,
    ranking_metric,
    variants,
)
from recx.metrics.lists import Lists, Targets
from recx.metrics.needs import NEEDS

DEPTH = 10
PLAIN = sorted(set(RANKING) - {"revenue_ndcg"})
BOUNDED = sorted(set(PLAIN) - {"dcg"})


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
    for name in PLAIN:
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
    for name in PLAIN:
        metric = ranking_metric(name)
        assert np.array_equal(metric(whole, 7), np.concatenate([metric(half, 7) for half in halves])), name


def test_a_metric_is_named_by_a_word_and_a_cut_off() -> None:
    assert parse("ndcg@10") == Metric("ndcg", 10)
    assert str(parse("ndcg@10")) == "ndcg@10"
    assert parse("rmse") == Metric("rmse", None)
    assert parse("recall@5").higher_is_better
    assert not parse("rmse").higher_is_better
    assert not parse("gini@5").higher_is_better


def test_a_variant_is_told_from_the_metric_it_is_a_variant_of() -> None:
    assert variants("ndcg") == ["ndcg_exp"]
    assert variants("mse") == ["mse_norm"]
    assert base_of("map_r") == "map"
    assert [base_of(name) for name in ("tail_share", "revenue_ndcg", "log_loss")] == [
        "tail_share",
        "revenue_ndcg",
        "log_loss",
    ]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("ndgc@10", "no metric called 'ndgc'; did you mean 'ndcg'?"),
        ("ndcg", "metric 'ndcg' needs a cut-off of 1 or more; write ndcg@10"),
        ("ndcg@0", "metric 'ndcg@0' needs a cut-off of 1 or more; write ndcg@10"),
        ("rmse@10", "metric 'rmse@10': rmse takes no cut-off; write rmse"),
        ("auc@10", "metric 'auc@10': auc takes no cut-off; write auc"),
    ],
)
def test_a_mistyped_metric_is_told_what_would_be_right(text: str, answer: str) -> None:
    with pytest.raises(UsageError) as told:
        parse(text)
    assert str(told.value) == answer


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_what_it_means_and_what_it_needs(name: str) -> None:
    assert load(name).__doc__
    assert NEEDS[name]
