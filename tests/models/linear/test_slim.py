import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.errors import UsageError
from recx.models.linear import slim
from recx.models.linear.config import SLIMConfig
from recx.models.linear.slim import SLIM
from recx.models.recency import weigh
from tests.models.abilities import ExplainsItself, ReadsHistories
from tests.models.contract import RUN, LearnsTaste
from tests.models.planted import clusters


class TestSLIM(ReadsHistories, ExplainsItself, LearnsTaste):
    config = SLIMConfig(l1=0.5, l2=5.0)


class TestFewNeighbours(LearnsTaste):
    config = SLIMConfig(l1=0.1, l2=5.0, neighbours=20, nonnegative=False)


def weights(model: SLIM) -> np.ndarray:
    found = np.zeros((64, 64))
    for row in range(64):
        part = slice(model.indptr[row], model.indptr[row + 1])
        found[row, model.items[part]] = model.values[part]
    return found


@pytest.mark.parametrize("signed", [False, True], ids=["nonnegative", "signed"])
@pytest.mark.parametrize("dense", [True, False], ids=["gram", "rows"])
def test_no_weight_can_be_moved_for_a_smaller_loss(
    signed: bool, dense: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conditions of Karush, Kuhn and Tucker, column by column."""
    if not dense:
        monkeypatch.setattr(slim, "GRAM_BYTES", 0)
    log, l1, l2 = clusters(), 0.7, 6.0
    config = SLIMConfig(l1=l1, l2=l2, nonnegative=not signed, sweeps=2000, tolerance=1e-7)
    w = weights(SLIM(config).fit(log.data, RUN))
    x = weigh(log.log.histories(), 64).toarray().astype(np.float64)
    assert_allclose(np.diag(w), 0)
    slope = x.T @ (x - x @ w) - l2 * w  # of the smooth part, downhill
    off = ~np.eye(64, dtype=bool)
    active = (w != 0) & off
    assert active.any()
    assert_allclose(slope[active], l1 * np.sign(w[active]), atol=2e-3)
    resting = slope[(w == 0) & off]
    # on rows, items that were never met together have no weight at all: nothing pulls them up
    assert resting.max() <= l1 + 2e-3
    if signed and dense:
        assert resting.min() >= -l1 - 2e-3
    if not signed:
        assert w.min() >= 0


def test_only_the_most_alike_items_have_a_weight() -> None:
    log = clusters()
    w = weights(SLIM(SLIMConfig(l1=0.01, l2=1.0, neighbours=5)).fit(log.data, RUN))
    assert (np.count_nonzero(w, axis=0) <= 5).all()


def test_a_higher_l1_leaves_fewer_weights() -> None:
    log = clusters()
    counts = [len(SLIM(SLIMConfig(l1=l1)).fit(log.data, RUN).items) for l1 in (0.1, 2.0, 50.0)]
    assert counts[0] > counts[1] > counts[2]


@pytest.mark.parametrize("config", [SLIMConfig(l1=0, l2=0), SLIMConfig(sweeps=0), SLIMConfig(l1=-1)])
def test_a_setting_out_of_range_is_refused(config: SLIMConfig) -> None:
    with pytest.raises(UsageError, match="slim: "):
        SLIM(config).fit(clusters().data, RUN)
