import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.errors import UsageError
from recx.models.linear.config import RP3betaConfig
from recx.models.linear.rp3beta import RP3beta
from recx.models.recency import weigh
from tests.models.abilities import ExplainsItself, ReadsHistories
from tests.models.contract import RUN, LearnsTaste
from tests.models.planted import clusters


class TestThreeSteps(ReadsHistories, ExplainsItself, LearnsTaste):
    config = RP3betaConfig(neighbours=40)


class TestPageRank(ReadsHistories, ExplainsItself, LearnsTaste):
    config = RP3betaConfig(neighbours=40, restart=0.3, beta=0.3)


def dense(model: RP3beta) -> np.ndarray:
    found = np.zeros((64, 64))
    for row in range(64):
        part = slice(model.indptr[row], model.indptr[row + 1])
        found[row, model.items[part]] = model.values[part]
    return found


def test_three_steps_are_the_published_formula() -> None:
    log = clusters()
    model = RP3beta(RP3betaConfig(neighbours=64, alpha=0.8, beta=0.4)).fit(log.data, RUN)
    x = weigh(log.log.histories(), 64).toarray().astype(np.float64)
    back, forth = (x.T / x.sum(axis=0)[:, None]) ** 0.8, (x / x.sum(axis=1)[:, None]) ** 0.8
    expected = back @ forth / x.sum(axis=0) ** 0.4
    np.fill_diagonal(expected, 0)
    assert_allclose(dense(model), expected, rtol=1e-4, atol=1e-7)


def test_with_restart_it_is_personalised_pagerank() -> None:
    log = clusters()
    config = RP3betaConfig(neighbours=64, restart=0.2, beta=0.0, tolerance=1e-9)
    model = RP3beta(config).fit(log.data, RUN)
    x = weigh(log.log.histories(), 64).toarray().astype(np.float64)
    step = (x.T / x.sum(axis=0)[:, None]) @ (x / x.sum(axis=1)[:, None])
    expected = 0.2 * np.linalg.inv(np.eye(64) - 0.8 * step)
    np.fill_diagonal(expected, 0)
    assert_allclose(dense(model), expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("config", [RP3betaConfig(neighbours=0), RP3betaConfig(restart=1.0)])
def test_a_setting_out_of_range_is_refused(config: RP3betaConfig) -> None:
    with pytest.raises(UsageError, match="rp3beta: "):
        RP3beta(config).fit(clusters().data, RUN)
