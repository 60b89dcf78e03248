"""Cross-validation over time by two commands: the first says the second."""

import pytest

from tests.cli.conftest import Recx

SHOP = ("dataset=synthetic", "dataset.n_users=80", "dataset.n_items=40", "split.windows=2", "threads=1")


@pytest.mark.slow
def test_train_takes_all_windows_and_says_how_to_evaluate_them(recx: Recx) -> None:
    trained = recx("train", "model=popular", *SHOP, "-q").stdout
    last = trained.strip().splitlines()[-1]
    assert last.startswith("recx evaluate runs=[results/train/popular-")
    shown = recx(*last.split()[1:], "threads=1", "-q").stdout
    assert "popular is the mean of 2 runs (window 0, window 1)" in " ".join(shown.split())
    heads = [line for line in shown.splitlines() if line.startswith("window ")]
    assert [line.partition(" · ")[0] for line in heads] == ["window 0", "window 1"]
    assert all(line.endswith(" users") for line in heads)
    assert recx("prepare", *SHOP[:4], "-q").stdout.count("dated after window 0") == 1
    one = recx("fuse", "bases=[popular]", *SHOP, code=2).stderr
    assert "elsewhere name one, split.window=0 to 1" in one
