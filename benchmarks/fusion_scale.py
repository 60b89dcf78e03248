"""How long stacking thirty bases takes on amazon-beauty, apart from training them, and how much memory.

    python benchmarks/fusion_scale.py

The first command trains the bases of conf/bases/thirty.yaml (beside this file), asks them and fuses them. The
second fuses them with another setting, and does not ask them again. The third scores every user with them.
Stacking is candidates, features, LightGBM and every user's list; what the report says beside it (sanity, and
contributions: a stack without each of the thirty) has lines of its own. Times of stages are those that the
runs have noted; the third command is timed from outside. The data lies below $RECX_DATA_HOME. Trainings are
kept in --work and used again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from targets import HERE, Finished, Recx, Result, data_home, table

MOST_SECONDS, MOST_GIGABYTES = 180, 6
STACKING = ("candidates", "fuser")
"""Stages of fuse without which there is no stack."""


def stages(done: Finished) -> dict[str, dict[str, float]]:
    """Seconds and peak memory of each stage of a fuse run."""
    found: dict[str, dict[str, float]] = json.loads((done.folder / "manifest.json").read_text())["stages"]
    return found


def measured(recx: Recx) -> Iterator[Result]:
    """amazon-beauty, thirty bases: candidates, features, LightGBM, leave-one-out and every user's list."""
    words = (
        "fuse",
        "--conf",
        str(HERE / "conf"),
        "bases=thirty",
        "dataset=amazon-beauty",
        f"dataset.path={data_home() / 'amazon-beauty'}",
    )
    seconds, peak = {}, 0.0
    for name, more in (("first", ()), ("again", ("fuser.leaves=8",))):
        done = recx(*words, *more)
        for stage, taken in stages(done).items():
            yield Result(
                f"{name}: {stage}, seconds", taken["seconds"], f"<= {MOST_SECONDS}", "", done.command
            )
            peak = max(peak, taken["peak_megabytes"] / 1024)
        seconds[name] = sum(stages(done)[stage]["seconds"] for stage in STACKING)
    lists = recx("recommend", f"run={recx.inside(done.folder)}", "k=10", "out=lists.parquet")
    what = "every user's list: seconds, the bases' scores included"
    yield Result(what, lists.seconds, f"<= {MOST_SECONDS}", f"{lists.peak_gb:.1f} GB", lists.command)
    for name, taken in seconds.items():
        whole = f"{name}: stacking ({', '.join(STACKING)}, every user's list), seconds"
        yield Result(whole, taken + lists.seconds, f"<= {MOST_SECONDS}", "", done.command)
    kept = sum(path.stat().st_size for path in (recx.work / "results/scores").glob("*")) / 2**30
    yield Result(
        "peak GB", max(peak, lists.peak_gb), f"<= {MOST_GIGABYTES}", f"{kept:.2f} GB of scores kept", ""
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=Path("results/benchmarks"), help="where runs are kept")
    results = list(measured(Recx(parser.parse_args().work.resolve())))
    print(table(results))
    print("\n".join(dict.fromkeys(result.command for result in results if result.command)))


if __name__ == "__main__":
    main()
