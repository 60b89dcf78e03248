"""cornac: bpr with two threads (hogwild)."""

from typing import Any

import numpy as np
from bench import THREADS, Answer, Data, Work, main
from cornac.data import Dataset
from cornac.models import BPR


def bpr(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    coo = data.train.tocoo()
    rows = list(zip(coo.row.tolist(), coo.col.tolist(), np.ones(coo.nnz), strict=True))
    n_users, n_items = data.train.shape
    ids = [{k: k for k in range(n)} for n in (n_users, n_items)]
    log = Dataset.build(rows, global_uid_map=ids[0], global_iid_map=ids[1], seed=seed)
    model = BPR(
        k=settings["factors"], max_iter=settings["epochs"], learning_rate=settings["lr"],
        lambda_reg=settings["reg"], num_threads=THREADS, seed=seed,
    )  # fmt: skip
    return lambda: model.fit(log), lambda m: {
        "users": m.u_factors, "items": m.i_factors, "item_bias": m.i_biases
    }  # fmt: skip


main({"bpr": bpr})
