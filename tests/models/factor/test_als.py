from recx.models.factor.config import ALSConfig
from tests.models.contract import LearnsTaste


class TestALS(LearnsTaste):
    config = ALSConfig(factors=8)
