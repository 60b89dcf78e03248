"""Rules that look at many rows at once: outliers and the iterative k-core, by what lies before test alone."""

from __future__ import annotations

import numpy as np

from recx.arrays import Bool
from recx.errors import UsageError
from recx.prepare.config import CleanConfig
from recx.prepare.ledger import Ledger
from recx.prepare.log import Log


def filter_rows(log: Log, test: Bool, clean: CleanConfig, ledger: Ledger) -> tuple[Log, Bool]:
    """The log without outliers and outside its k-core, and which of the rows left are test.

    Both are computed on the rows before test; test keeps the rows of users and items that remain.
    """
    if clean.outliers is not None:
        log, test = _without_outliers(log, test, clean.outliers, ledger)
    if clean.min_user < 1 or clean.min_item < 1:
        raise UsageError(
            f"dataset.clean.min_user={clean.min_user}, min_item={clean.min_item}: expected 1 or more"
        )
    if clean.min_user == clean.min_item == 1:
        return log, test
    users, items = core(log.take(~test), clean.min_user, clean.min_item)
    # 1 asks for nothing: items first sold in test stay, to be found cold
    kept_items = items | (clean.min_item == 1)
    rule = f"k-core before test: {clean.min_user} items a user, {clean.min_item} users an item"
    keep = users[log.users] & kept_items[log.items]
    ledger.add(rule, int(np.count_nonzero(keep | test)), int(users.sum()), int(items.sum()))
    log, test = log.take(keep), test[keep]
    ledger.add("test rows of users and items outside the k-core", *log.counts)
    return log, test


def core(log: Log, min_user: int, min_item: int) -> tuple[Bool, Bool]:
    """Users and items of the largest part where users have ``min_user`` items and items ``min_item`` users.

    Users and items are cut in turn until nothing changes; repeated pairs count once.
    """
    n_users, n_items = len(log.user_ids), len(log.item_ids)
    pairs = np.unique(log.users.astype(np.int64) * n_items + log.items)
    users, items = pairs // n_items, pairs % n_items
    while True:
        item_counts = np.bincount(items, minlength=n_items)
        keep = item_counts[items] >= min_item
        users, items = users[keep], items[keep]
        user_counts = np.bincount(users, minlength=n_users)
        stay = user_counts[users] >= min_user
        users, items = users[stay], items[stay]
        if keep.all() and stay.all():
            return np.bincount(users, minlength=n_users) > 0, np.bincount(items, minlength=n_items) > 0


def _without_outliers(log: Log, test: Bool, times: float, ledger: Ledger) -> tuple[Log, Bool]:
    if times <= 0:
        raise UsageError(f"dataset.clean.outliers={times:g}: expected a number above 0, such as 10")
    counts = np.bincount(log.users[~test], minlength=len(log.user_ids))
    limit = times * np.percentile(counts[counts > 0], 99) if counts.any() else 0
    keep = counts[log.users] <= limit
    kept = log.take(keep)
    ledger.add(f"users with more than {limit:.0f} rows before test", *kept.counts)
    return kept, test[keep]
