"""The floor: one loop over users, written for these 21 numbers alone."""

import numba as nb
import numpy as np
from lists import CUTS, METRICS, Case, Values, Work, main


@nb.njit(parallel=True, nogil=True)
def everything(items, indptr, relevant, cuts):  # type: ignore[no-untyped-def]
    n, depth = len(items), cuts[-1]
    found = np.zeros((7, len(cuts), n))
    discounts = 1 / np.log2(np.arange(2, depth + 2))
    ideal = np.cumsum(discounts)
    for row in nb.prange(n):
        start, end = indptr[row], indptr[row + 1]
        mine, hit = items[row, :depth], np.zeros(depth, np.int32)
        for entry in range(start, end):
            for rank in range(depth):
                hit[rank] |= mine[rank] == relevant[entry]
        size, hits, gain, precisions, first, cut = end - start, 0, 0.0, 0.0, 0, 0
        for rank in range(depth):
            if hit[rank]:
                hits += 1
                gain += discounts[rank]
                precisions += hits / (rank + 1)
                first = first if first else rank + 1
            if rank + 1 == cuts[cut]:
                k = cuts[cut]
                best = min(k, size)
                found[0, cut, row] = hits / k
                found[1, cut, row] = hits / size
                found[2, cut, row] = 2 * hits / (k + size)
                found[3, cut, row] = hits > 0
                found[4, cut, row] = gain / ideal[best - 1]
                found[5, cut, row] = precisions / best
                found[6, cut, row] = 1 / first if first else 0.0
                cut += 1
    return found


def prepare(case: Case) -> Work:
    cuts = np.array(CUTS)

    def work() -> Values:
        means = everything(case.items, case.indptr, case.relevant, cuts).mean(axis=2)
        return {
            f"{name}@{k}": float(means[row, at])
            for row, name in enumerate(METRICS)
            for at, k in enumerate(CUTS)
        }

    return work


main(prepare)
