"""lenskit: als, ease and item neighbours."""

from typing import Any

import numpy as np
import pandas as pd
from bench import Answer, Data, Work, main
from lenskit.als import ImplicitMFScorer
from lenskit.data import from_interactions_df
from lenskit.knn import EASEScorer, ItemKNNScorer
from lenskit.training import TrainingOptions


def dataset(matrix: Any) -> Any:
    """Its own kind of data set, built before the clock starts."""
    coo = matrix.tocoo()
    frame = pd.DataFrame({"user_id": coo.row, "item_id": coo.col, "rating": coo.data.astype(np.float64)})
    return from_interactions_df(frame, items=np.arange(matrix.shape[1]))


def als(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    log = dataset(data.train)
    model = ImplicitMFScorer(embedding_size=settings["factors"], epochs=settings["epochs"], weight=10.0)

    def work() -> Any:
        model.train(log, TrainingOptions(rng=seed))
        return model

    return work, lambda m: {
        "users": np.asarray(m.user_embeddings),
        "items": np.asarray(m.item_embeddings),
    }


def ease(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    log = dataset(data.train)
    model = EASEScorer(regularization=settings["reg"])

    def work() -> Any:
        model.train(log, TrainingOptions(rng=seed))
        return model

    return work, lambda m: {"dense": np.asarray(m.weights)}


def item_knn(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    log = dataset(data.train)
    model = ItemKNNScorer(max_nbrs=100, save_nbrs=settings["neighbours"], feedback="implicit")

    def work() -> Any:
        model.train(log, TrainingOptions(rng=seed))
        return model

    def answer(m: Any) -> dict[str, np.ndarray]:
        held = m.sim_matrix.to_scipy() if hasattr(m.sim_matrix, "to_scipy") else m.sim_matrix
        return {"indptr": held.indptr, "indices": held.indices, "values": held.data}

    return work, answer


main({"als-64": als, "ease": ease, "item_knn": item_knn})
