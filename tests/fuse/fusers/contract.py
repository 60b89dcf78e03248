"""What every learnt fuser must show; a test of one inherits it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from recx.fuse.fusers import create
from recx.fuse.fusers.base import Fuser
from recx.fuse.fusers.shared import FuserConfig
from recx.fuse.table import Rows, Table
from tests.fuse.tables import lesson, planted, planted_ratings


class FuserContract:
    """Set ``config`` to settings that suit small tables."""

    config: ClassVar[FuserConfig]

    def learnt(self, table: Table, held_out: Table | None = None, metric: str = "ndcg@10") -> Fuser[Any]:
        return create(self.config).fit(table, held_out, lesson(metric=metric))

    def tables(self, *strengths: float, seed: int = 0) -> tuple[Table, Table]:
        rng = np.random.default_rng(seed)
        return planted(rng, strengths), planted(rng, strengths)

    def test_two_bases_that_know_different_things_are_better_together(self) -> None:
        table, asked = self.tables(1.0, 1.0)
        contest = lesson().judge.on(asked)
        fused = self.learnt(table).score(asked)
        for at in range(2):
            gain = contest.better(fused, asked.votes.standard[:, at])
            assert gain.low > 0

    def test_random_labels_are_worth_nothing_out_of_fold(self) -> None:
        table, asked = self.tables(0.0, 0.0)
        scores, hits = self.learnt(table).score(asked), asked.labels > 0
        ranks = scores.argsort().argsort() + 1
        positives = hits.sum()
        auc = (ranks[hits].sum() - positives * (positives + 1) / 2) / (positives * (~hits).sum())
        assert auc == pytest.approx(0.5, abs=0.03)

    def test_a_base_of_noise_changes_nearly_nothing(self) -> None:
        table, asked = self.tables(1.5, 0.0)
        contest = lesson().judge.on(asked)
        fused = contest.value(self.learnt(table).score(asked))
        assert fused > contest.value(asked.votes.standard[:, 0]) - 0.02

    def test_a_base_that_does_not_know_the_user_is_not_believed(self) -> None:
        table, asked = self.tables(2.0, 1.0)

        def forgetful(at: Table, seed: int) -> Table:
            """The first base knows half of the users, and says nonsense of the others."""
            rng = np.random.default_rng(seed)
            knows = at.votes.knows.copy()
            knows[:, 0] = (at.users % 2 == 0)[at.groups]
            standard = np.where(knows, at.votes.standard, rng.normal(size=knows.shape)).astype(np.float32)
            values = at.values.copy()
            values[~knows[:, 0], :2] = np.nan  # its score and its rank
            return replace(at, values=values, votes=replace(at.votes, knows=knows, standard=standard))

        table, asked = forgetful(table, 1), forgetful(asked, 2)
        scores = self.learnt(table).score(asked)
        assert np.isfinite(scores).all()
        strangers = asked.take(asked.users % 2 == 1)
        fused = lesson().judge.on(strangers).value(scores[np.isin(asked.groups, strangers.users)])
        alone = lesson().judge.on(strangers).value(strangers.votes.standard[:, 1])
        assert fused > alone - 0.06

    def test_what_was_written_is_read_back_and_scores_alike(self, tmp_path: Path) -> None:
        table, asked = self.tables(1.0, 1.0)
        fuser = self.learnt(table)
        fuser.write(tmp_path, "meta")
        assert not {path.suffix for path in tmp_path.iterdir()} - {".txt", ".json", ".safetensors"}
        again = create(self.config).read(tmp_path, "meta")
        assert np.array_equal(again.score(asked), fuser.score(asked))

    def test_the_same_seed_gives_the_same_bytes(self, tmp_path: Path) -> None:
        table, _ = self.tables(1.0, 1.0)
        for name in ("one", "two"):
            self.learnt(table).write(tmp_path / name, "meta")
        files = sorted(path.name for path in (tmp_path / "one").iterdir())
        assert files == sorted(path.name for path in (tmp_path / "two").iterdir())
        for file in files:
            assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()

    def test_parts_add_up_to_the_score(self) -> None:
        table, asked = self.tables(1.0, 0.5)
        fuser = self.learnt(table)
        parts = fuser.parts(asked)
        assert parts is not None
        assert parts.total == pytest.approx(fuser.score(asked), abs=1e-4)
        assert {"a", "b"} <= set(parts.groups)

    def test_no_rows_give_no_scores(self) -> None:
        table, asked = self.tables(1.0, 1.0)
        nobody: Rows = asked.take(np.zeros(len(asked.users), dtype=np.bool_))
        assert self.learnt(table).score(nobody).shape == (0,)


class RatingContract:
    """For those that fuse ratings as well; beside FuserContract."""

    config: ClassVar[FuserConfig]

    def test_ratings_of_two_bases_are_better_together(self) -> None:
        rng = np.random.default_rng(0)
        table, asked = (planted_ratings(rng, (0.6, 0.6), (0.0, 0.0)) for _ in range(2))
        fuser = create(self.config).fit(table, None, lesson(metric="rmse"))
        contest = lesson(metric="rmse").judge.on(asked)
        fused = fuser.score(asked)
        for at in range(2):
            assert contest.better(fused, asked.votes.standard[:, at]).low > 0
        if (parts := fuser.parts(asked)) is not None:
            assert parts.total == pytest.approx(fused, abs=1e-4)
