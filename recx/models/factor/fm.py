"""fm: a Bayesian factorisation machine over ids, what was met, dates and features."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from recx import clock
from recx.arrays import Bool, Float32, Int32, Int64
from recx.data import Interactions, Pairs, TrainingData, UserBatch
from recx.errors import UsageError, did_you_mean
from recx.models.base import EpochReport, Recommender, RunOptions, Validation
from recx.models.factor.config import FMConfig
from recx.models.factor.fm_features import DAY, Block, days, described, identity, met, raters
from recx.models.factor.fm_gibbs import Gibbs
from recx.models.factor.fm_posterior import Asking, Posterior, expected

TASKS = ("ordered", "regression")
MOST_LEVELS = 50
"""Values that task=ordered takes at most: each has a cutpoint of its own."""
CHUNK = 2048
"""Pairs rated at a time: the factors of all samples are gathered for each."""


class FM(Recommender[FMConfig]):
    """Factorisation machine (Rendle 2010) whose prediction is the mean over samples of the posterior.

    Score = w0 + sum_j w_j x_j + sum_{j<k} v_j v_k x_j x_k. x holds the user and the item one-hot, what the
    user has rated and who has rated the item (each 1 / sqrt(number); SVD++ and its mirror image), the day,
    and the columns of the catalogue: the "timeSVD++ flipped" of Rendle, Zhang & Koren 2019. With
    task=ordered the score lies under cutpoints and the prediction is the expected rating, sum_r r P(r); with
    regression it is the score. The sampler is in fm_gibbs.py.

    On implicit feedback, or where all values are equal, every event gets ``negatives`` items the user has not
    met, drawn once, with value 0, below the weights of the events; sets of what was met would then give the
    answer away, so they are left out.
    Users: id and features of those of the log, what was met from the history that comes with the question;
    a stranger has the mean of all ids. The day is that of the pair or of the question, and the mean of all
    days where the log has no such day. Nothing stops early: later samples never make the mean worse.
    """

    rates = True
    posterior: Posterior
    known_days: Int64  # (days,) days since 1970
    fitted: Bool  # (n_users + 1,) who is in the log
    shown: csr_array  # (n_users + 1, features) of the catalogue; the last row is a stranger

    def _fit(self, data: TrainingData, run: RunOptions, watch: Validation | None) -> None:
        config = self.config
        _check(config)
        log = data.interactions
        sets = config.sets
        if data.feedback == "implicit" or np.ptp(log.values) == 0:
            log, sets = _with_negatives(log, config.negatives, run.seed), False
        levels = np.unique(log.values)
        ordered = config.task == "ordered" and len(levels) > 1
        if ordered and len(levels) > MOST_LEVELS:
            raise UsageError(
                f"fm: the ratings have {len(levels)} values, task=ordered takes {MOST_LEVELS}; "
                "set model.task=regression"
            )
        blocks = self._blocks(data, log, sets)
        level = np.searchsorted(levels, log.values)
        chain = Gibbs(
            blocks,
            level.astype(np.float64) if ordered else log.values.astype(np.float64),
            len(levels) if ordered else 0,
            config.factors,
            run.seed,
        )
        self._sample(chain, levels, log.values, run)

    def _blocks(self, data: TrainingData, log: Interactions, sets: bool) -> list[tuple[Block, Int32]]:
        """Users, items and days, with the row of each that belongs to each rating."""
        config, catalog = self.config, data.catalog
        users = described(catalog.users, log.n_users) if config.features else []
        items = described(catalog.items, log.n_items) if config.features else []
        # a last row for strangers: an id that no rating has, and no features
        self.shown = _with_empty_row(hstack([csr_array((log.n_users, 0)), *users], format="csr"))
        self.fitted = np.bincount(log.users, minlength=log.n_users + 1) > 0
        user_parts = [identity(log.n_users + 1), *map(_with_empty_row, users)]
        item_parts = [identity(log.n_items), *items]
        if sets:
            user_parts.append(_with_empty_row(met(log.histories(), log.n_items)))
            item_parts.append(raters(log))
        blocks = [(Block.of(*user_parts), log.users), (Block.of(*item_parts), log.items)]
        self.known_days = np.zeros(0, dtype=np.int64)
        if config.dates and log.times is not None:
            self.known_days = np.unique(log.times // DAY)
            blocks.append((Block.of(identity(len(self.known_days) + 1)), days(log.times, self.known_days)))
        return blocks

    def _sample(self, chain: Gibbs, levels: Float32, values: Float32, run: RunOptions) -> None:
        """Run the chain, and keep every so many samples after the burn-in."""
        config = self.config
        most = config.burn_in + config.samples
        every = -(-config.samples // config.kept)
        kept, history = [], []
        for number in range(1, most + 1):
            started = clock.working()
            chain.sweep()
            if number > config.burn_in and (most - number) % every == 0:
                kept.append(Posterior.sample(chain, levels))
            error = expected(chain.scores, chain.cutpoints, levels) - values
            loss = float(np.sqrt(np.mean(np.square(error))))
            history.append(EpochReport(number, loss, None, clock.working() - started))
            if run.progress:
                run.progress(history[-1], most)
        self.posterior = Posterior.joined(kept)
        self.history, self.epochs_trained = tuple(history), most

    def _users(self, batch: UserBatch) -> Asking:
        at = self._rows(batch)
        ids = csr_array((np.ones(len(at), np.float32), (np.arange(len(at)), at)), (len(at), len(self.fitted)))
        parts = [ids, self.shown[at]]
        if self._reads_history:
            parts.append(met(batch.histories, self.n_items))
        return self.posterior.asking(csr_array(hstack(parts, format="csr"), dtype=np.float32))

    def _rows(self, batch: UserBatch) -> Int32:
        """The row of every user of the batch among those of the log; strangers have the last."""
        strange = len(self.fitted) - 1
        return np.where((batch.users >= 0) & (batch.users < strange), batch.users, strange).astype(np.int32)

    @property
    def _reads_history(self) -> bool:
        return len(self.posterior.users) > len(self.fitted) + int(self.shown.shape[1])

    def _days(self, at: Int64 | None, n: int) -> Int32:
        if at is None:
            return np.full(n, len(self.known_days), dtype=np.int32)
        return days(at, self.known_days)

    def score(self, batch: UserBatch) -> Float32:
        """Expected ratings of all items."""
        asking = self.posterior.on_days(self._users(batch), self._days(batch.at, len(batch)))
        return self.posterior.of_all(asking)

    def rate(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """Expected ratings of pairs."""
        bias, factors = self._users(batch)
        at = pairs.at if pairs.at is not None or batch.at is None else batch.at[pairs.row]
        day = self._days(at, len(pairs))
        ratings = np.zeros(len(pairs), dtype=np.float32)
        for start in range(0, len(pairs), CHUNK):
            part = slice(start, start + CHUNK)
            row = pairs.row[part]
            asking = self.posterior.on_days((bias[row], factors[row]), day[part])
            ratings[part] = self.posterior.of_pairs(asking, pairs.item[part])
        return ratings

    def score_pairs(self, batch: UserBatch, pairs: Pairs) -> Float32:
        """Expected ratings of pairs on the day of the question."""
        return self.rate(batch, Pairs(pairs.row, pairs.item))

    def knows(self, batch: UserBatch) -> Bool:
        """Users of the log, users with features, and strangers with a history where that is read."""
        rows = self._rows(batch)
        known = self.fitted[rows] | (np.diff(self.shown.indptr)[rows] > 0)
        return np.asarray(known | (batch.histories.lengths > 0) if self._reads_history else known)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        shown = self.shown
        return {
            **self.posterior.arrays(),
            "known_days": self.known_days,
            "fitted": self.fitted,
            "shown_indptr": shown.indptr.astype(np.int64),
            "shown_indices": shown.indices.astype(np.int32),
            "shown_data": shown.data.astype(np.float32),
            "shown_columns": np.asarray(shown.shape[1]),
        }

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.posterior = Posterior.restored(arrays)
        self.known_days = arrays["known_days"].astype(np.int64, copy=False)
        self.fitted = arrays["fitted"].astype(np.bool_, copy=False)
        parts = (arrays["shown_data"], arrays["shown_indices"], arrays["shown_indptr"])
        self.shown = csr_array(parts, shape=(len(self.fitted), int(arrays["shown_columns"])))


def _with_negatives(log: Interactions, negatives: int, seed: int) -> Interactions:
    """The log, and for every event ``negatives`` items its user has not met, with value 0."""
    rng = np.random.default_rng(seed)
    users, items = np.repeat(log.users, negatives), rng.integers(0, log.n_items, len(log) * negatives)
    held = np.unique(log.users.astype(np.int64) * log.n_items + log.items)
    fresh = ~np.isin(users.astype(np.int64) * log.n_items + items, held)
    users = np.concatenate([log.users, users[fresh]])
    order = np.argsort(users, kind="stable")
    times = None
    if log.times is not None:
        times = np.concatenate([log.times, np.repeat(log.times, negatives)[fresh]])[order]
    values = np.append(log.values, np.zeros(int(fresh.sum()), np.float32))
    items = np.concatenate([log.items, items[fresh]])
    return Interactions(
        users[order].astype(np.int32),
        items[order].astype(np.int32),
        values[order],
        log.n_users,
        log.n_items,
        times,
    )


def _with_empty_row(matrix: csr_array) -> csr_array:
    indptr = np.append(matrix.indptr, matrix.indptr[-1])
    return csr_array((matrix.data, matrix.indices, indptr), shape=(matrix.shape[0] + 1, matrix.shape[1]))


def _check(config: FMConfig) -> None:
    if config.task not in TASKS:
        raise UsageError(f"fm: no task called '{config.task}'{did_you_mean(config.task, TASKS)}")
    if config.factors < 1 or config.negatives < 1 or config.burn_in < 0:
        raise UsageError(
            f"fm: factors={config.factors} negatives={config.negatives} burn_in={config.burn_in}; "
            "factors and negatives must be at least 1, burn_in 0 or more"
        )
    if not 1 <= config.kept <= config.samples:
        raise UsageError(
            f"fm: kept={config.kept} of samples={config.samples}; kept must lie between 1 and samples"
        )
