"""The types that pass between the rooms."""

from recx.data.batch import Pairs, UserBatch, user_batches
from recx.data.catalog import Catalog
from recx.data.dataset import Dataset, TrainingData
from recx.data.exposures import Exposures
from recx.data.ids import IdMap
from recx.data.interactions import Duplicates, Histories, Interactions, Order
from recx.data.rankings import Rankings
from recx.data.split import FIT, HISTORY, TARGET, Fold, Roles, Split

__all__ = [
    "FIT",
    "HISTORY",
    "TARGET",
    "Catalog",
    "Dataset",
    "Duplicates",
    "Exposures",
    "Fold",
    "Histories",
    "IdMap",
    "Interactions",
    "Order",
    "Pairs",
    "Rankings",
    "Roles",
    "Split",
    "TrainingData",
    "UserBatch",
    "user_batches",
]
