from recx.models.neighbour.config import UserKNNConfig
from tests.models.contract import LearnsTaste, PredictsRatings


class TestUserKNN(LearnsTaste):
    config = UserKNNConfig(neighbours=30)


class TestPearson(PredictsRatings):
    config = UserKNNConfig(similarity="pearson", neighbours=20, shrink=1)
