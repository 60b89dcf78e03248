"""Surprise: svd at Funk's defaults, and svd++."""

from typing import Any

import numpy as np
from bench import Answer, Data, Work, main
from surprise import SVD, Dataset, Reader, SVDpp


def ratings(data: Data, model: Any) -> tuple[Work, Answer]:
    coo = data.train.tocoo()
    rows = zip(coo.row.tolist(), coo.col.tolist(), coo.data.tolist(), strict=True)
    log = Dataset(Reader(rating_scale=(1, 5))).construct_trainset([(*row, None) for row in rows])

    def answer(m: Any) -> dict[str, np.ndarray]:
        pairs = zip(data.test_users.tolist(), data.test_items.tolist(), strict=True)
        return {"predicted": np.array([m.predict(user, item).est for user, item in pairs])}

    return lambda: model.fit(log), answer


def svd(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    return ratings(data, SVD(n_factors=settings["factors"], n_epochs=settings["epochs"], random_state=seed))


def svdpp(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    return ratings(data, SVDpp(n_factors=settings["factors"], n_epochs=settings["epochs"], random_state=seed))


main({"svd": svd, "svdpp": svdpp})
