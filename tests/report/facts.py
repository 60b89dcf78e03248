"""The data set, the run and the numbers of the example."""

from typing import Any

NDCG = {
    "repeat=allow": {
        "popular": 0.179,
        "popular@recent": 0.206,
        "personal": 0.4452,
        "item_knn": 0.193,
        "user_knn": 0.247,
        "als": 0.261,
        "ease": 0.271,
        "gcn": 0.238,
        "rnn": 0.302,
        "stack": 0.4571,
        "rrf": 0.300,
        "combsum": 0.346,
        "mean": 0.331,
    },
    "repeat=new": {
        "popular": 0.043,
        "popular@recent": 0.0551,
        "item_knn": 0.048,
        "user_knn": 0.0552,
        "als": 0.0561,
        "ease": 0.0589,
        "gcn": 0.0541,
        "rnn": 0.0533,
        "stack": 0.0606,
        "rrf": 0.0604,
        "combsum": 0.0597,
        "mean": 0.0592,
    },
}
# how the other metrics go with ndcg@10: (factor, share of it that is the standard error)
RATIO = {
    "precision": (0.9, 0.012),
    "precision_returned": (0.9, 0.012),
    "recall": (0.31, 0.016),
    "recall_capped": (0.92, 0.012),
    "f1": (0.42, 0.012),
    "ndcg": (1.0, 0.009),
    "ndcg_exp": (1.0, 0.009),
    "dcg": (4.3, 0.009),
    "hit": (1.9, 0.006),
    "map": (0.62, 0.014),
    "map_r": (0.2, 0.016),
    "mrr": (1.45, 0.011),
    "coverage": (0.35, 0.03),
}
AT = {5: 1.08, 10: 1.0, 20: 0.95}

FACTS: dict[str, Any] = {
    "name": "complete_journey",
    "fingerprint": "a3f19c0277be41d5",
    "split": "time",
    "feedback": "implicit",
    "value_range": None,
    "relevant_from": None,
    "repeats": True,
    "event_names": ["purchase"],
    "order": "time",
    "notes": ["Complete Journey is simulated from real shopping patterns (84.51°)"],
    "users": 2379,
    "items": 10_358,
    "interactions": 1_147_117,
    "first": "2017-01-01T06:53:26Z",
    "last": "2018-01-01T04:01:20Z",
    "folds": [
        {
            "name": "select",
            "known_at": 1504000000,
            "cut": "2017-09-08T00:00:00Z",
            "fit": 803_000,
            "target": 114_700,
            "target_users": 2011,
        },
        {
            "name": "valid",
            "known_at": 1508000000,
            "cut": "2017-10-14T00:00:00Z",
            "fit": 917_693,
            "target": 114_712,
            "target_users": 2044,
        },
        {
            "name": "final",
            "known_at": 1511000000,
            "cut": "2017-11-18T00:00:00Z",
            "fit": 1_032_405,
            "target": 114_712,
            "target_users": 2031,
        },
    ],
    "cleaning": [
        {"rule": "read", "lost": 0, "rows": 1_469_307, "users": 2469, "items": 68_509},
        {
            "rule": "quantity and value above 0",
            "lost": 9_871,
            "rows": 1_459_436,
            "users": 2469,
            "items": 68_100,
        },
        {"rule": "departments left out", "lost": 41_212, "rows": 1_418_224, "users": 2469, "items": 66_821},
        {"rule": "20 households an item, 10 items a household", "lost": 271_107, "rows": 1_147_117}
        | {"users": 2379, "items": 10_358},
    ],
    "filled": {"items": {}, "users": {"age": 0.67}},
    "source": [{"file": "transactions.parquet", "bytes": 21_331_112, "sha256": "9d" * 32}],
    "settings": {"dataset": {"source": "complete_journey"}, "split": {"method": "time", "test": 0.1}},
}

MANIFEST: dict[str, Any] = {
    "command": ["recx", "run", "dataset=complete_journey", "model.note=<b>fast & loose</b>"],
    "config": {"k": [5, 10, 20], "repeat": "auto", "candidates": "catalogue", "seed": 0},
    "seed": 0,
    "started": "2026-01-14T10:15:00+00:00",
    "versions": {
        "recx": "0.1.0",
        "python": "3.11.2",
        "numpy": "2.3.1",
        "torch": "2.13.0",
        "lightgbm": "4.6.0",
    },
    "commit": "85b7870d0c1fe2aa0d6a2f64ac0cd2eb5c2a4f11",
    "machine": {"cpu": "Example CPU @ 2.9 GHz", "cores": 2, "memory_gib": 15.6, "system": "Linux-6.1-x86_64"},
    "dataset": {"folder": "data/prepared/complete_journey-time-a3f19c02", "fingerprint": "a3f19c0277be41d5"},
    "stages": {
        "repeat=allow": {"seconds": 21.4, "peak_megabytes": 1312.0},
        "repeat=new": {"seconds": 19.8, "peak_megabytes": 1290.5},
    },
}
