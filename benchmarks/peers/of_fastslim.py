"""fastslim: non-negative slim by coordinate descent, in Rust."""

import warnings
from typing import Any

import fastslim
from bench import THREADS, Answer, Data, Work, main


def slim(data: Data, settings: dict[str, Any], seed: int) -> tuple[Work, Answer]:
    def work() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fastslim.fit(
                data.train, lambd=settings["l1"], beta=settings["l2"], max_iter=100, n_threads=THREADS
            )

    return work, lambda w: {"indptr": w.indptr, "indices": w.indices, "values": w.data}


main({"slim": slim})
