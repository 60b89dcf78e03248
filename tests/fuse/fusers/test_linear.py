"""linear: what it solves, and how features become columns."""

from dataclasses import replace

import numpy as np
import pytest

from recx.fuse.fusers.config import LinearConfig
from recx.fuse.fusers.design import MISSING, VALUE, Design
from recx.fuse.fusers.linear import Linear
from recx.fuse.surroundings import Feature
from tests.fuse.fusers.contract import FuserContract, RatingContract
from tests.fuse.tables import lesson, planted, planted_ratings, scored


class TestLinear(FuserContract, RatingContract):
    config = LinearConfig(reg=1e-4)


def test_missing_values_and_categories_have_columns_of_their_own() -> None:
    nan = np.nan
    features = (Feature("pair.days", "pair"), Feature("item.kind", "item", categorical=True))
    values = np.array([[3, 0], [nan, 2], [-3, nan], [0, 2]], dtype=np.float32)
    rows = replace(scored(np.zeros((4, 1))), features=features, values=values)
    design = Design.of(rows)
    assert design.source.tolist() == [0, 0, 1, 1] and design.kind.tolist() == [VALUE, MISSING, 0, 2]
    # log 4, -log 4 and 0 have mean 0 and variance 2/3 (log 4)^2
    found = design.matrix(rows)
    assert found[:, 0] == pytest.approx([np.sqrt(3 / 2), 0, -np.sqrt(3 / 2), 0])
    # one of four is missing: mean 1/4, standard deviation sqrt(3)/4; likewise one has code 0
    assert found[:, 1] == pytest.approx([-1 / np.sqrt(3), np.sqrt(3), -1 / np.sqrt(3), -1 / np.sqrt(3)])
    assert found[:, 2] == pytest.approx([np.sqrt(3), -1 / np.sqrt(3), -1 / np.sqrt(3), -1 / np.sqrt(3)])
    assert found[:, 3] == pytest.approx([-1, 1, -1, 1])


def test_a_bias_of_all_bases_is_learnt_away() -> None:
    rng = np.random.default_rng(0)
    table, asked = (planted_ratings(rng, (0.2, 0.2), (0.8, 0.8)) for _ in range(2))
    found = Linear(LinearConfig()).fit(table, None, lesson(metric="rmse")).score(asked)
    assert abs(float(np.mean(found - asked.labels))) < 0.05


def test_scores_are_log_odds() -> None:
    # candidates are taken one in ten; with no base that knows anything the odds are those of the table
    table = planted(np.random.default_rng(0), (0.0, 0.0))
    found = Linear(LinearConfig(reg=100.0)).fit(table, None, lesson()).score(table)
    share = table.labels.mean()
    assert found == pytest.approx(np.log(share / (1 - share)), abs=0.01)
