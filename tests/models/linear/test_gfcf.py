import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.errors import UsageError
from recx.models.linear.config import GFCFConfig
from recx.models.linear.gfcf import GFCF
from recx.models.recency import weigh
from tests.models.contract import RUN, ExplainsItself, LearnsTaste, ReadsHistories
from tests.models.planted import clusters


class TestLowpass(ReadsHistories, ExplainsItself, LearnsTaste):
    config = GFCFConfig(factors=4)


class TestTurbo(ReadsHistories, ExplainsItself, LearnsTaste):
    config = GFCFConfig(filter="turbo", power=1.4, side=0.4, neighbours=30)


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


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (GFCFConfig(filter="high"), "no filter called 'high'"),
        (GFCFConfig(factors=0), "factors=0"),
        (GFCFConfig(power=0), "power=0"),
    ],
)
def test_a_setting_out_of_range_is_refused(config: GFCFConfig, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        GFCF(config).fit(clusters().data, RUN)
