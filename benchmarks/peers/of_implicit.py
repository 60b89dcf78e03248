"""implicit: als with conjugate gradients, bpr, cosine neighbours and top lists from factors."""

from typing import Any

import numpy as np
from bench import PENALTIES, THREADS, Answer, Data, Work, main
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import CosineRecommender


def als(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    """Its loss has weight 1 on every pair and one penalty for all rows: the nearest to the others'."""
    unobserved, reg = PENALTIES[data.name]
    mean = data.train.nnz / min(data.train.shape) + unobserved * max(data.train.shape)
    model = AlternatingLeastSquares(
        factors=settings["factors"], regularization=reg * mean / unobserved, alpha=1.0 + 1.0 / unobserved,
        iterations=settings["epochs"], num_threads=THREADS, random_state=seed,
    )  # fmt: skip
    model.cg_steps = settings["cg_steps"]

    def work() -> AlternatingLeastSquares:
        model.fit(data.train.astype(np.float32), show_progress=False)
        return model

    return work, lambda m: {"users": m.user_factors, "items": m.item_factors}


def bpr(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    """One of its factors is the bias of the item."""
    model = BayesianPersonalizedRanking(
        factors=settings["factors"] - 1, learning_rate=settings["lr"], regularization=settings["reg"],
        iterations=settings["epochs"], num_threads=THREADS, random_state=seed,
    )  # fmt: skip

    def work() -> BayesianPersonalizedRanking:
        model.fit(data.train.astype(np.float32), show_progress=False)
        return model

    return work, lambda m: {"users": m.user_factors, "items": m.item_factors}


def item_knn(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    model = CosineRecommender(K=settings["neighbours"], num_threads=THREADS)

    def work() -> CosineRecommender:
        model.fit(data.train, show_progress=False)
        return model

    def answer(m: CosineRecommender) -> dict[str, np.ndarray]:
        return {"indptr": m.similarity.indptr, "indices": m.similarity.indices, "values": m.similarity.data}

    return work, answer


def top(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    generator = np.random.default_rng(0)
    n_users, n_items = data.train.shape
    model = AlternatingLeastSquares(factors=settings["factors"], num_threads=THREADS)
    model.user_factors = generator.standard_normal((n_users, settings["factors"]), dtype=np.float32)
    model.item_factors = generator.standard_normal((n_items, settings["factors"]), dtype=np.float32)
    users = np.arange(n_users)

    def work() -> np.ndarray:
        ids, _ = model.recommend(users, data.train, N=settings["k"], filter_already_liked_items=True)
        return np.asarray(ids)

    return work, lambda lists: {"lists": lists}


main({"als-64": als, "als-256": als, "bpr": bpr, "item_knn": item_knn, "top": top})
