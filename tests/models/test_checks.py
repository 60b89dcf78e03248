"""Settings that mean nothing are one line, whichever model they are for."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recx.errors import UsageError
from recx.models import config_class, create
from tests.models.contract import RUN
from tests.models.planted import clusters

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("popular", {"half_life": -1.0}, "half_life is -1, it must be at least 0"),
    ("popular", {"window": -2.0}, "window is -2, it must be at least 0"),
    ("personal", {"decay": 0.0}, "decay is 0, it must lie above 0"),
    ("personal", {"prior": -1.0}, "prior is -1, it must be at least 0"),
    ("item_knn", {"shrink": -1.0}, "shrink is -1, it must be at least 0"),
    ("item_knn", {"half_life": -3.0}, "half_life is -3, it must be at least 0"),
    ("user_knn", {"neighbours": 0}, "neighbours is 0, it must be at least 1"),
    ("user_knn", {"shrink": -0.5}, "shrink is -0.5, it must be at least 0"),
    ("markov", {"shrink": -2.0}, "shrink is -2, it must be at least 0"),
    ("markov", {"window": 0}, "window is 0, it must be at least 1"),
    ("slope_one", {"min_common": 0}, "min_common is 0, it must be at least 1"),
    ("ease", {"reg": 0.0}, "reg is 0, it must be above 0"),
    ("ease", {"neighbours": -1}, "neighbours is -1, it must be at least 0"),
    ("gfcf", {"filter": "turbo", "side": 2.0}, "side is 2, it must lie between 0 and 1"),
    ("lsa", {"factors": 0}, "factors is 0, it must be at least 1"),
    ("als", {"reg_power": -1.0}, "reg_power is -1, it must be at least 0"),
    ("rp3beta", {"beta": -1.0}, "beta is -1, it must be at least 0"),
    ("svd", {"init_sd": 0.0}, "init_sd is 0, it must be above 0"),
    ("svdpp", {"reg_bias": -1.0}, "reg_bias is -1, it must be at least 0"),
    ("gcn", {"temperature": -0.1}, "temperature is -0.1, it must be at least 0"),
    ("rnn", {"reg": -1.0}, "reg is -1, it must be at least 0"),
    ("item_knn", {"shrink": float("nan")}, "shrink is nan, it must be at least 0"),
    ("bpr", {"lr": float("nan")}, "lr is nan, it must be above 0"),
    ("bpr", {"init_sd": 0.0}, "init_sd is 0, it must be above 0"),
]


@pytest.mark.parametrize(("name", "settings", "words"), REFUSED)
def test_a_setting_out_of_its_range_is_refused(name: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        create(config_class(name)(name=name, **settings)).fit(clusters().data, RUN)
    assert str(caught.value).startswith(f"{name}: {words}")


@pytest.mark.parametrize("values", ["sum", "log"])
@pytest.mark.parametrize(
    "name",
    ["als", "bpr", "ease", "gcn", "gfcf", "item_knn", "lsa", "markov", "rp3beta", "slim", "user_knn"],
)
def test_a_log_may_hold_returns(name: str, values: str) -> None:
    """Events of -1 and -2: user 0 has returned all it bought, and item 5 was returned by everyone."""
    log = clusters()
    returned = (log.log.users == 0) | (log.log.items == 5)
    amounts = np.where(returned, -2, log.log.values).astype(np.float32)
    known = replace(log.log, values=amounts)
    data = replace(log.data, interactions=known)
    model = create(config_class(name)(name=name, values=values)).fit(data, RUN)
    assert np.isfinite(model.score(replace(log.batch, histories=known.histories()))).all()
