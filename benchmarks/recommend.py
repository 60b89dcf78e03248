"""Lists for a thousand and for a million users: peak memory and users per second.

    python benchmarks/recommend.py

The log is drawn: a million users, five events each, a thousand items. Lists are written to parquet for a
thousand of its users and for all of them; then for a thousand and for a million new users, who come with
their events in a file. A fusion is asked about a thousand and about ten thousand users, with and without
reasons. Everything is kept in --work and used again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from targets import Finished, Recx, Result, table

USERS, FEW, ITEMS, EVENTS = 1_000_000, 1_000, 1_000, 5
DAY = 86_400


def draw(path: Path, users: int, prefix: str, seed: int) -> None:
    """A log in which a user mostly stays inside one of fifty tastes."""
    if path.exists():
        return
    rng = np.random.default_rng(seed)
    user = np.repeat(np.arange(users), EVENTS)
    favourite = (rng.pareto(1.2, size=len(user)) * 2).astype(np.int64) % (ITEMS // 50)
    item = np.where(
        rng.random(len(user)) < 0.8, favourite * 50 + user % 50, rng.integers(ITEMS, size=len(user))
    )
    when = 1_600_000_000 + rng.integers(365 * DAY, size=len(user))
    names = pc.binary_join_element_wise(prefix, pa.array(user).cast(pa.string()), "")
    items = pc.binary_join_element_wise("i", pa.array(item).cast(pa.string()), "")
    pq.write_table(pa.table({"user": names, "item": items, "time": when}), path)


def measured(recx: Recx) -> Iterator[Result]:
    """Memory may grow by half at most."""
    draw(recx.work / "log.parquet", USERS, "u", 1)
    for users in (FEW, USERS):
        draw(recx.work / f"new-{users}.parquet", users, "n", 2)
    for count in (FEW, 10 * FEW):
        (recx.work / f"users-{count}.txt").write_text(
            "\n".join(f"u{USERS // count * at}" for at in range(count))
        )
    words = ("dataset=csv", "dataset.name=million", "dataset.path=log.parquet")
    base = recx.inside(recx("train", "model=ease", *words).folder)

    def lists(run: Path, *more: str) -> Finished:
        return recx("recommend", f"run={run}", "out=lists.parquet", "--quiet", *more)

    def pair(what: str, few: Finished, many: Finished, n_few: int, n_many: int) -> Iterator[Result]:
        speed = (n_many - n_few) / (many.seconds - few.seconds)
        note = f"{few.peak_gb:.2f} GB for {n_few:,}, {many.peak_gb:.2f} GB for {n_many:,}"
        yield Result(f"{what}: peak memory, ratio", many.peak_gb / few.peak_gb, "<= 1.5", note, many.command)
        took = f"{few.seconds:.1f} s for {n_few:,}, {many.seconds:.1f} s for {n_many:,}"
        yield Result(f"{what}: users per second", speed, ">= 0", took, few.command)

    few, many = lists(base, f"users=[users-{FEW}.txt]"), lists(base)
    yield from pair("users of the log, ease", few, many, FEW, USERS)
    few, many = (
        lists(base, f"history=new-{FEW}.parquet", f"users=[new-{FEW}.txt]"),
        lists(base, f"history=new-{USERS}.parquet", f"users=[new-{USERS}.txt]"),
    )
    yield from pair("new users with a history, ease", few, many, FEW, USERS)
    fused = recx.inside(recx("fuse", "bases=[popular,item_knn,ease]", *words).folder)
    for name, more in (("no reasons", ()), ("explain=3", ("explain=3",))):
        few, many = (lists(fused, f"users=[users-{count}.txt]", *more) for count in (FEW, 10 * FEW))
        yield from pair(f"stack of three, {name}", few, many, FEW, 10 * FEW)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--work", type=Path, default=Path("results/benchmarks/recommend"), help="where runs are kept"
    )
    recx = Recx(parser.parse_args().work.resolve())
    for users in (FEW, USERS):
        (recx.work / f"new-{users}.txt").write_text("\n".join(f"n{at}" for at in range(users)))
    results = list(measured(recx))
    print(table(results))
    print("\n".join(dict.fromkeys(result.command for result in results)))


if __name__ == "__main__":
    main()
