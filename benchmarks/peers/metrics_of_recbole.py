"""RecBole: its metrics on the table of hits that its collector makes."""

import numpy as np

for alias, kind in (("float", float), ("bool", bool)):  # names that numpy has dropped since
    if not hasattr(np, alias):
        setattr(np, alias, kind)

import torch  # noqa: E402
from lists import CUTS, Case, Values, Work, main  # noqa: E402
from recbole.evaluator.metrics import MAP, MRR, NDCG, Hit, ItemCoverage, Precision, Recall  # noqa: E402

CLASSES = {
    "precision": Precision,
    "recall": Recall,
    "hit": Hit,
    "ndcg": NDCG,
    "map": MAP,
    "mrr": MRR,
    "itemcoverage": ItemCoverage,
}


def prepare(case: Case) -> Work:
    depth = max(CUTS)
    hits = case.hits()[:, :depth]
    table = torch.from_numpy(np.column_stack([hits, np.diff(case.indptr)]).astype(np.int64))
    # item 0 is padding there, and lists are never short
    seen = {
        "rec.topk": table,
        "rec.items": torch.from_numpy(case.items[:, :depth] + 1),
        "data.num_items": case.n_items + 1,
    }
    metrics = [made({"topk": list(CUTS), "metric_decimal_place": 12}) for made in CLASSES.values()]

    def work() -> Values:
        found: dict[str, float] = {}
        for metric in metrics:
            found |= {name.lower(): float(value) for name, value in metric.calculate_metric(seen).items()}
        return {name.replace("itemcoverage", "coverage"): value for name, value in found.items()}

    return work


main(prepare)
