import numpy as np
import pytest
from numpy.testing import assert_allclose

from recx.errors import UsageError
from recx.models.factor import lsa
from recx.models.factor.config import LSAConfig
from recx.models.factor.lsa import LSA
from recx.models.recency import weigh
from tests.models.abilities import ExplainsItself, ReadsHistories
from tests.models.contract import RUN, LearnsTaste, ModelContract
from tests.models.planted import clusters


class TestLSA(ReadsHistories, ExplainsItself, LearnsTaste):
    config = LSAConfig(factors=4, values="binary")


class TestScaled(ReadsHistories, ExplainsItself, ModelContract):
    # a checkerboard has two directions; which of its many equal ones fill the other two is left to rounding
    config = LSAConfig(factors=4, user_power=0.3, item_power=0.4, score_power=0.2)


def test_scores_are_the_decayed_history_projected_on_the_first_singular_vectors() -> None:
    log = clusters()
    config = LSAConfig(factors=5, user_power=0.5, item_power=0.3, score_power=0.1, decay=0.8, half_life=3)
    model = LSA(config).fit(log.data, RUN)
    x = weigh(log.log.histories(), 64, "log").toarray().astype(np.float64)
    users, items = (x > 0).sum(1), np.maximum((x > 0).sum(0), 1)
    v = np.linalg.svd(x / users[:, None] ** 0.5 / items**0.3)[2][:5].T
    history = weigh(log.log.histories(), 64, "log", log.batch.at, 0.8, 3).toarray()
    assert_allclose(model.score(log.batch), (history / items**0.3) @ v @ v.T * items**0.1, atol=1e-5)


def test_a_large_matrix_is_decomposed_to_the_same_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    log = clusters()
    whole = LSA(LSAConfig(factors=4)).fit(log.data, RUN)
    monkeypatch.setattr(lsa, "SMALL", 0)
    part = LSA(LSAConfig(factors=4)).fit(log.data, RUN)
    assert_allclose(part.items, whole.items, atol=1e-5)


def test_directions_come_largest_first_and_point_up() -> None:
    log = clusters()
    items = LSA(LSAConfig(factors=8, values="binary")).fit(log.data, RUN).items
    x = weigh(log.log.histories(), 64).toarray()
    assert (np.diff(np.linalg.norm(x @ items, axis=0)) < 1e-4).all()
    assert (np.take_along_axis(items, np.abs(items).argmax(axis=0)[None], axis=0) > 0).all()


def test_no_factors_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 1"):
        LSA(LSAConfig(factors=0)).fit(clusters().data, RUN)
