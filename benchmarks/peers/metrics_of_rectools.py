"""RecTools: all metrics in one call on pandas tables."""

import pandas as pd
from lists import CUTS, Case, Values, Work, main
from rectools import Columns
from rectools.metrics import MAP, MRR, NDCG, CatalogCoverage, F1Beta, HitRate, Precision, Recall, calc_metrics

CLASSES = {
    "precision": Precision,
    "recall": Recall,
    "f1": F1Beta,
    "hit": HitRate,
    "ndcg": NDCG,
    "map": MAP,
    "mrr": MRR,
}


def prepare(case: Case) -> Work:
    users, items, ranks = case.listed()
    reco = pd.DataFrame({Columns.User: users, Columns.Item: items, Columns.Rank: ranks})
    users, items = case.pairs()
    interactions = pd.DataFrame({Columns.User: users, Columns.Item: items})
    metrics = {f"{name}@{k}": made(k=k) for name, made in CLASSES.items() for k in CUTS}
    metrics |= {f"coverage@{k}": CatalogCoverage(k=k, normalize=True) for k in CUTS}
    catalog = range(case.n_items)

    def work() -> Values:
        return calc_metrics(metrics, reco, interactions, catalog=catalog)

    return work


main(prepare)
