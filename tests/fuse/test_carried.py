"""A fuse run scores wherever its folder lies, and is checked when it is opened."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recx.config.compose import compose
from recx.errors import DataError
from recx.evaluate import evaluate
from recx.fuse import fuse
from recx.fuse.runs import open_fusion
from recx.recommend import recommend
from recx.recommend.config import RecommendConfig


@pytest.fixture
def moved(tmp_path: Path) -> RecommendConfig:
    """A copy of a fuse run; what it was made of is gone, and so is the run."""
    home = tmp_path / "shop"
    words = [
        "bases=[popular,item_knn]", "dataset=synthetic", "dataset.n_users=150", "dataset.n_items=60",
        "threads=1", f"data_dir={home}/data", f"results={home}/results", "fuser.trees=20",
        "fuser.min_leaf=20",
    ]  # fmt: skip
    done = fuse(compose("fuse", words).settings)
    asked = RecommendConfig(run=str(done.folder), out=str(tmp_path / "before.csv"), threads=1)
    recommend(asked)
    shutil.copytree(done.folder, tmp_path / "elsewhere")
    shutil.rmtree(home)
    return replace(asked, run=str(tmp_path / "elsewhere"), out=str(tmp_path / "after.csv"))


def test_a_moved_fusion_recommends_the_same_and_is_evaluated(moved: RecommendConfig, tmp_path: Path) -> None:
    recommend(moved)
    assert (tmp_path / "after.csv").read_bytes() == (tmp_path / "before.csv").read_bytes()
    words = [f"runs=[{moved.run}]", "threads=1", f"data_dir={tmp_path}", f"results={tmp_path}/results"]
    report = evaluate(compose("evaluate", words).settings)
    assert {"popular", "item_knn", "stack"} <= {entrant.label for entrant in report.tasks[0].entrants}


@pytest.mark.parametrize("name", ["bases/popular/model/final.safetensors", "data/items.parquet", "meta.txt"])
def test_a_changed_file_is_named(moved: RecommendConfig, name: str) -> None:
    path = Path(moved.run) / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DataError, match=f"{name} was changed after the run had finished"):
        recommend(moved)


def test_a_base_that_is_missing_is_named(moved: RecommendConfig) -> None:
    (Path(moved.run) / "bases/item_knn/manifest.json").unlink()
    with pytest.raises(DataError, match=r"bases/item_knn/manifest\.json is missing"):
        open_fusion(Path(moved.run))


def test_files_are_linked_not_copied(tmp_path: Path) -> None:
    words = ["bases=[popular]", "dataset=synthetic", "dataset.n_users=150", "dataset.n_items=60", "threads=1",
             "fuser=mean", f"data_dir={tmp_path}/data", f"results={tmp_path}/results"]  # fmt: skip
    done = fuse(compose("fuse", words).settings)
    for path in (*(done.folder / "data").glob("*.parquet"), *done.folder.glob("bases/*/model/*")):
        assert path.stat().st_nlink == 2
    assert np.isfinite(done.fusion.parts["ranking"].sanity.gain.value)
