from recx.models.factor.config import FMConfig
from tests.models.contract import LearnsTaste, PredictsRatings


class TestFM(PredictsRatings):
    config = FMConfig(factors=3, burn_in=20, samples=60, kept=30)


class TestTaste(LearnsTaste):
    config = FMConfig(factors=4, burn_in=20, samples=60, kept=30)


class TestRegression(PredictsRatings):
    config = FMConfig(task="regression", factors=3, burn_in=20, samples=60, kept=30)
