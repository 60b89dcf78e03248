import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.errors import UsageError
from recx.models import item_weights
from recx.models.linear.config import GFCFConfig
from recx.models.linear.gfcf import GFCF
from recx.models.recency import weigh
from tests.models.abilities import ExplainsItself, ReadsHistories
from tests.models.contract import RUN, LearnsTaste
from tests.models.planted import clusters


class TestLowpass(ReadsHistories, ExplainsItself, LearnsTaste):
    config = GFCFConfig(factors=4)


class TestTurbo(ReadsHistories, ExplainsItself, LearnsTaste):
    config = GFCFConfig(filter="turbo", power=1.4, side=0.4, neighbours=30)


class TestTurboOfOrderThree(ReadsHistories, ExplainsItself, LearnsTaste):
    config = GFCFConfig(filter="turbo", order=3)


def test_the_low_pass_filter_is_the_published_formula() -> None:
    log = clusters()
    scores = GFCF(GFCFConfig(factors=5, alpha=0.3)).fit(log.data, RUN).score(log.batch)
    x = weigh(log.log.histories(), 64).toarray().astype(np.float64)
    users, items = x.sum(axis=1), x.sum(axis=0)
    r = x / np.sqrt(users)[:, None] / np.sqrt(items)
    v = np.linalg.svd(r)[2][:5].T
    low = np.diag(items**-0.5) @ v @ v.T @ np.diag(items**0.5)
    assert_allclose(scores, x @ (r.T @ r + 0.3 * low), rtol=1e-4, atol=1e-5)


def test_turbo_is_a_power_of_the_item_graph() -> None:
    log = clusters()
    config = GFCFConfig(filter="turbo", side=0.3, power=0.7, neighbours=64)
    scores = GFCF(config).fit(log.data, RUN).score(log.batch)
    x = weigh(log.log.histories(), 64).toarray().astype(np.float64)
    r = x / x.sum(axis=1)[:, None] ** 0.3 / x.sum(axis=0) ** 0.7
    assert_allclose(scores, x @ (r.T @ r) ** 0.7, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("order", [2, 3])
def test_higher_orders_are_the_published_polynomials(order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    log = clusters()
    monkeypatch.setattr(item_weights, "BLOCK_BYTES", 20 * 4 * 64)  # four blocks of rows
    config = GFCFConfig(filter="turbo", side=0.4, power=0.8, order=order, neighbours=64)
    scores = GFCF(config).fit(log.data, RUN).score(log.batch)
    x = weigh(log.log.histories(), 64).toarray().astype(np.float64)
    r = x / x.sum(axis=1)[:, None] ** 0.4 / x.sum(axis=0) ** 0.6
    p = (r.T @ r) ** 0.8
    f = 2 * p - p @ p if order == 2 else p + 0.01 * (-p @ p @ p + 10 * p @ p - 29 * p)
    assert_allclose(scores, x @ f, rtol=1e-3, atol=1e-4)


def test_of_a_polynomial_only_the_largest_entries_are_kept() -> None:
    learnt = GFCF(GFCFConfig(filter="turbo", order=2, neighbours=5)).fit(clusters().data, RUN).learnt
    assert (np.diff(learnt["indptr"]) == 5).all() and len(learnt["values"]) == 5 * 64


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (GFCFConfig(filter="high"), "no filter called 'high'"),
        (GFCFConfig(factors=0), "factors=0"),
        (GFCFConfig(power=0), "power=0"),
        (GFCFConfig(order=4), "order is 4, it must be 1, 2 or 3"),
    ],
)
def test_a_setting_out_of_range_is_refused(config: GFCFConfig, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        GFCF(config).fit(clusters().data, RUN)
