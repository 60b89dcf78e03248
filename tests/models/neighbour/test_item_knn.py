from recx.models.neighbour.config import ItemKNNConfig
from tests.models.contract import LearnsTaste


class TestItemKNN(LearnsTaste):
    config = ItemKNNConfig()
