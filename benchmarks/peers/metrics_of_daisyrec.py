"""DaisyRec: its functions on the lists of the users in order."""

import numpy as np

if not hasattr(np, "in1d"):  # names that numpy has dropped since
    np.in1d = np.isin
if not hasattr(np, "asfarray"):
    np.asfarray = lambda values: np.asarray(values, dtype=float)

from daisy.utils import metrics
from lists import CUTS, Case, Values, Work, main

FUNCTIONS = {
    "precision": metrics.Precision,
    "recall": metrics.Recall,
    "f1": metrics.F1,
    "hit": metrics.HR,
    "ndcg": metrics.NDCG,
    "map": metrics.MAP,
    "mrr": metrics.MRR,
}


def prepare(case: Case) -> Work:
    users = list(range(len(case)))
    taken = {user: set(case.taken(user).tolist()) for user in users}

    def work() -> Values:
        found = {}
        with np.errstate(invalid="ignore"):
            for k in CUTS:
                lists = case.items[:, :k]
                found |= {f"{name}@{k}": float(f(taken, lists, users)) for name, f in FUNCTIONS.items()}
                found[f"coverage@{k}"] = float(metrics.Coverage(lists, case.n_items))
        return found

    return work


main(prepare)
