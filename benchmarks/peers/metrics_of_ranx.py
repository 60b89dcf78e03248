"""ranx: compiled loops over sorted results."""

from lists import CUTS, Case, Values, Work, main
from ranx import Qrels, Run, evaluate

NAMES = {
    "precision": "precision",
    "recall": "recall",
    "f1": "f1",
    "hit": "hit_rate",
    "ndcg": "ndcg",
    "map": "map",
    "mrr": "mrr",
}


def prepare(case: Case) -> Work:
    qrels = Qrels({f"u{user}": dict.fromkeys(map(str, case.taken(user)), 1) for user in range(len(case))})
    depth = case.items.shape[1]
    run = Run(
        {
            f"u{user}": {str(item): float(depth - rank) for rank, item in enumerate(row) if item >= 0}
            for user, row in enumerate(case.items)
        }
    )
    metrics = {f"{theirs}@{k}": f"{name}@{k}" for name, theirs in NAMES.items() for k in CUTS}

    def work() -> Values:
        found = evaluate(qrels, run, list(metrics), make_comparable=True)
        return {ours: float(found[theirs]) for theirs, ours in metrics.items()}

    return work


main(prepare)
