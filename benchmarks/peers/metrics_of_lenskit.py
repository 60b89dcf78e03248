"""LensKit: a RunAnalysis over item lists."""

from lenskit.data import ItemList, ItemListCollection
from lenskit.metrics import NDCG, Hit, Precision, Recall, RecipRank, RunAnalysis
from lenskit.metrics.ranking import AveragePrecision
from lists import CUTS, Case, Values, Work, main

CLASSES = {
    "precision": Precision,
    "recall": Recall,
    "hit": Hit,
    "ndcg": NDCG,
    "map": AveragePrecision,
    "mrr": RecipRank,
}


def prepare(case: Case) -> Work:
    lists, taken = ItemListCollection(["user_id"]), ItemListCollection(["user_id"])
    for user, row in enumerate(case.items):
        lists.add(ItemList(item_ids=row[row >= 0], ordered=True), user_id=user)
        taken.add(ItemList(item_ids=case.taken(user)), user_id=user)

    def work() -> Values:
        analysis = RunAnalysis()
        for name, made in CLASSES.items():
            for k in CUTS:
                analysis.add_metric(made(n=k), label=f"{name}@{k}")
        means = analysis.measure(lists, taken).list_summary()["mean"]
        return {str(name): float(value) for name, value in means.items()}

    return work


main(prepare)
