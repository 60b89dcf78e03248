from recx.models.linear.config import EASEConfig
from tests.models.contract import LearnsTaste


class TestEASE(LearnsTaste):
    config = EASEConfig(reg=10)
