"""recx: from arrays to every number of every user, and their means."""

import numpy as np
from lists import CUTS, METRICS, Case, Values, Work, main

from recx.data import Rankings
from recx.metrics import ranking_metric
from recx.metrics.lists import Lists, Targets
from recx.metrics.question import BLOCK


def prepare(case: Case) -> Work:
    users = np.arange(len(case), dtype=np.int32)
    grades = np.ones(len(case.relevant), np.float32)
    scores = np.zeros(case.items.shape, np.float32)

    def work() -> Values:
        targets = Targets(users, case.indptr, case.relevant, grades)
        rankings = Rankings(users, case.items, scores).top(max(CUTS))
        columns = {f"{name}@{k}": np.zeros(len(users)) for name in METRICS for k in CUTS}
        for start in range(0, len(users), BLOCK):
            end = start + BLOCK
            lists = Lists.judge(rankings.block(start, end), targets.block(start, end))
            for name in METRICS:
                for k in CUTS:
                    columns[f"{name}@{k}"][start:end] = ranking_metric(name)(lists, k)
        return {name: float(np.mean(column)) for name, column in columns.items()}

    return work


main(prepare)
