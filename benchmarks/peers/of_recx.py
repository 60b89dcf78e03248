"""recx: every job, through the models as a user of the Python interface would call them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from bench import PENALTIES, SETTINGS, Answer, Data, Job, Work, main
from scipy.sparse import csr_matrix

from recx.data import Catalog, Interactions, Pairs, TrainingData, user_batches
from recx.models import config_class, create
from recx.models.base import Allowed, Recommender, RunOptions


def log_of(matrix: csr_matrix) -> TrainingData:
    """A matrix as the log that it counts."""
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int32), np.diff(matrix.indptr))
    items, values = (matrix.indices.astype(np.int32, copy=False), matrix.data.astype(np.float32, copy=False))
    return TrainingData(Interactions(rows, items, values, *matrix.shape), Catalog(), None)


def fitted(
    name: str, settings: dict[str, Any], answer: Callable[[Any], Any], data: Data, seed: int
) -> tuple[Work, Answer]:
    """Fit a model."""
    config = config_class(name)(**{"name": name, **settings})
    run = RunOptions(seed=seed)
    log = log_of(data.train)
    return lambda: create(config).fit(log, run), answer


def als(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    unobserved, reg = PENALTIES[data.name]
    settings = {**settings, "unobserved": unobserved, "reg": reg}

    def answer(model: Any) -> dict[str, np.ndarray]:
        everyone = log_of(data.train).interactions.histories()
        from recx.models.recency import csr, weigh

        return {"users": model.users(csr(weigh(everyone, data.train.shape[1]))), "items": model.items}

    return fitted("als", settings, answer, data, seed)


def bpr(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    return fitted("bpr", settings, lists_of(data), data, seed)


def ease(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    return fitted("ease", settings, lists_of(data), data, seed)


def item_knn(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    return fitted("item_knn", settings, lists_of(data), data, seed)


def slim(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    return fitted("slim", settings, lists_of(data), data, seed)


def rated(name: str) -> Callable[[Data, dict[str, Any], int], tuple[Work, Answer]]:
    """The job of a rating model."""

    def job(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
        def answer(model: Recommender[Any]) -> dict[str, np.ndarray]:
            log = log_of(data.train).interactions
            batch = next(user_batches(np.arange(log.n_users, dtype=np.int32), log, None, log.n_users))
            order = np.argsort(data.test_users, kind="stable")
            pairs = Pairs(data.test_users[order].astype(np.int32), data.test_items[order].astype(np.int32))
            predicted = np.zeros(len(order))
            predicted[order] = np.clip(model.rate(batch, pairs), 1, 5)
            return {"predicted": predicted}

        return fitted(name, settings, answer, data, seed)

    return job


def lists_of(data: Data) -> Answer:
    """The first twenty new items of every user with a test item."""

    def answer(model: Recommender[Any]) -> dict[str, np.ndarray]:
        log = log_of(data.train).interactions
        users = np.unique(data.test_users).astype(np.int32)
        allowed = Allowed(np.ones(log.n_items, bool), False, np.arange(log.n_items, dtype=np.int32))
        found = [model.recommend(batch, 20, allowed).items for batch in user_batches(users, log, None)]
        return {"lists": np.concatenate(found)}

    return answer


def top(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    """Lists from given factors, by the block of users, as ``recommend`` makes them."""
    generator = np.random.default_rng(0)
    n_users, n_items = data.train.shape
    users = generator.standard_normal((n_users, settings["factors"]), dtype=np.float32)
    items = generator.standard_normal((n_items, settings["factors"]), dtype=np.float32)
    log = log_of(data.train).interactions
    allowed = Allowed(np.ones(n_items, bool), False, np.arange(n_items, dtype=np.int32))

    class Given(Recommender[Any]):
        def score(self, batch: Any) -> np.ndarray:
            return users[batch.users] @ items.T

    model = Given(config_class("popular")())
    model.popularity = np.full(n_items, 1 / n_items, dtype=np.float32)

    def work() -> np.ndarray:
        batch = next(user_batches(np.arange(n_users, dtype=np.int32), log, None, n_users))
        return model.recommend(batch, settings["k"], allowed).items

    return work, lambda lists: {"lists": lists}


def warm(job: str, data: Data) -> None:
    """Do the job once for a few users, which compiles its kernels."""
    few = Data(data.name, data.first(200), data.test_users[:0], data.test_items[:0])
    JOBS[job](few, SETTINGS[job], 0)[0]()


JOBS: dict[str, Job] = {
    "als-64": als, "als-256": als, "bpr": bpr, "ease": ease, "item_knn": item_knn, "slim": slim,
    "svd": rated("svd"), "svdpp": rated("svdpp"), "top": top,
}  # fmt: skip
main(JOBS, warm)
