from recx.models.factor.config import SVDConfig
from tests.models.contract import PredictsRatings


class TestSVD(PredictsRatings):
    config = SVDConfig(factors=8, epochs=60, lr=0.02, reg=0.05)
