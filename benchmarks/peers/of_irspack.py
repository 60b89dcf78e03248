"""irspack: als with conjugate gradients, on the very loss that recx minimises."""

from typing import Any

from bench import PENALTIES, THREADS, Answer, Data, Work, main
from irspack import IALSRecommender


def als(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    unobserved, reg = PENALTIES[data.name]
    model = IALSRecommender(
        data.train, n_components=settings["factors"], alpha0=unobserved, reg=reg, nu=1.0, solver_type="CG",
        max_cg_steps=settings["cg_steps"], train_epochs=settings["epochs"], loss_type="IALSPP",
        random_seed=seed, n_threads=THREADS,
    )  # fmt: skip
    return model.learn, lambda m: {"users": m.get_user_embedding(), "items": m.get_item_embedding()}


main({"als-64": als, "als-256": als})
