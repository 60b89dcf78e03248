"""How numbers are written and metrics are called, the same in terminal, markdown and html."""

from __future__ import annotations

import math
from collections.abc import Sequence

from recx.evaluate.result import Estimate, WindowResult

MISSING = "–"
MINUS = "−"

TITLES = {
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "ndcg": "NDCG",
    "mse": "MSE",
    "rmse": "RMSE",
    "mae": "MAE",
    "hit": "Hit",
    "map": "MAP",
    "mrr": "MRR",
    "coverage": "Coverage",
    "auc": "AUC",
    "dcg": "DCG",
    "diversity": "Diversity",
    "novelty": "Novelty",
    "serendipity": "Serendipity",
    "tail_share": "Tail share",
    "gini": "Gini",
    "revenue_ndcg": "Revenue NDCG",
    "log_loss": "Log loss",
}
"""Names in tables; every other metric goes by its own word."""

MEANINGS = {
    "precision": "of the k recommended items, the share that the user went on to choose; a short list is "
    "padded with misses",
    "recall": "of all that the user went on to choose, the share that stands in the list",
    "f1": "harmonic mean of precision and recall, per user, then the mean over users",
    "ndcg": "hits count more the higher they stand; 1 is the best order there could be",
    "hit": "share of users whose list holds at least one item that they went on to choose",
    "map": "precision at the rank of every hit, summed, over as many as a list of k could hold",
    "mrr": "one over the rank of the first hit, 0 for a list without one",
    "coverage": "share of the candidate items that stand in anybody's list",
    "rmse": "root of the mean squared error of the predicted ratings, in the data's own scale",
    "mae": "mean absolute error of the predicted ratings, in the data's own scale",
    "rmse_user": "rmse of each user's ratings, then the mean over users",
    "precision_returned": "hits over the number of items returned, where lists may be short",
    "recall_capped": "hits over as many as a list of k could hold",
    "ndcg_exp": "ndcg with gain 2^relevance - 1",
    "dcg": "the discounted gain itself, not divided by the best there could be",
    "map_r": "map divided by all that the user went on to choose",
    "mse_norm": "mean squared error of the predicted ratings, the scale mapped to 0 to 1",
    "log_loss": "how surprising what happened is to calibrated interest, on the pairs of its mse; in nats",
    "auc": "chance that an item the user went on to choose is scored above one that they left",
    "revenue_ndcg": "ndcg in which a hit counts what the purchase was worth: price times quantity",
    "diversity": "how unlike each other the items of a list are, by their texts or categories; 1: not at all "
    "alike",
    "novelty": "how rarely the recommended items were chosen before test, in bits; not better in itself",
    "serendipity": "hits that a list of what is popular would not have had, over the k items",
    "tail_share": "share of the recommended items outside those that make 80 % of all interactions",
    "gini": "how unequally recommendations fall on the candidates: 0 evenly, near 1 a few get everything",
}
"""What a metric counts, in words for somebody who has to decide."""

MSE = {
    "ratings": "mean squared error of the predicted ratings, in the data's own scale",
    "interest": "squared error of calibrated interest (0 to 1), on what users chose and on as many "
    "candidates that they left: the Brier score",
}
"""mse means one thing on ratings and another on implicit feedback."""


def finite(value: float | None) -> bool:
    """Whether there is a number to show."""
    return value is not None and math.isfinite(value)


def number(value: float | None, digits: int = 4) -> str:
    """0.4454, 12.34, 1,234: four decimals below 10, fewer above."""
    if value is None or not math.isfinite(value):
        return MISSING
    if abs(value) >= 1000:
        digits = 0
    elif abs(value) >= 10:
        digits = min(digits, 2)
    return _signed(f"{value:,.{digits}f}")


def interval(estimate: Estimate, digits: int = 4) -> str:
    """0.4381 to 0.4527; a dash where there is none."""
    if not (finite(estimate.low) and finite(estimate.high)):
        return MISSING
    return f"{number(estimate.low, digits)} to {number(estimate.high, digits)}"


def percent(share: float | None, digits: int = 1, sign: bool = False) -> str:
    """41.2%, and with ``sign`` +2.1% or −2.1%."""
    if share is None or not math.isfinite(share):
        return MISSING
    if abs(share) >= 10:
        digits = 0
    text = _signed(f"{100 * share:,.{digits}f}%")
    return f"+{text}" if sign and share > 0 and not text.startswith(MINUS) else text


def percent_interval(shares: Estimate) -> str:
    """+1.5% to +3.9%; a dash where there is none."""
    if not (finite(shares.low) and finite(shares.high)):
        return MISSING
    return f"{percent(shares.low, sign=True)} to {percent(shares.high, sign=True)}"


def count(value: int) -> str:
    """1,147,117."""
    return f"{value:,}"


def p_value(p: float | None) -> str:
    """.034, or < .001."""
    if p is None or not math.isfinite(p):
        return MISSING
    return "< .001" if p < 0.001 else "1" if p >= 0.9995 else f"{p:.3f}".removeprefix("0")


def seconds(value: float | None) -> str:
    """0.04 s, 12.3 s, 4 min 10 s, 1 h 12 min."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value < 99.5:
        return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def milliseconds(value: float | None) -> str:
    """0.042 ms, 1.3 ms, 120 ms."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{value:.3f} ms" if value < 0.1 else f"{value:.2f} ms" if value < 10 else f"{value:.0f} ms"


def megabytes(value: float | None) -> str:
    """512 MB, 3.4 GB."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{value:.0f} MB" if value < 1000 else f"{value / 1024:.1f} GB"


def title(metric: str) -> str:
    """NDCG@10."""
    name, at, cut = metric.partition("@")
    return f"{TITLES.get(name, name)}{at}{cut}"


def meaning(metric: str, mse: str = "ratings") -> str:
    """What ``metric`` counts; empty where nobody has said."""
    name = metric.partition("@")[0]
    return MSE.get(mse, "") if name == "mse" else MEANINGS.get(name, "")


def listed(labels: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(labels[:-1]), labels[-1]]) if len(labels) > 1 else "".join(labels)


def plain(value: object) -> str:
    """Any fact or setting on one line; no nan, no braces where a word does."""
    if value is None or value == "":
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)  # a seed or a setting, to be typed again
    if isinstance(value, float):
        return f"{value:g}".replace("-", MINUS) if math.isfinite(value) else MISSING
    if isinstance(value, dict):
        return ", ".join(f"{name}={plain(part)}" for name, part in value.items()) or MISSING
    if isinstance(value, list | tuple):
        return ", ".join(plain(part) for part in value) or MISSING
    return str(value)


def window_line(window: WindowResult) -> str:
    """Which test window, when, and how many were asked."""
    return f"{window.name} · {window.first} to {window.last} · {count(window.result.n_users)} users"


def _signed(text: str) -> str:
    """With a real minus, and none before a zero."""
    if text.startswith("-"):
        return MINUS + text[1:] if any(digit in "123456789" for digit in text) else text[1:]
    return text
