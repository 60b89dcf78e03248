from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from recx.errors import DataError
from recx.evaluate.gate import baseline
from recx.evaluate.gate.samples import Place, Sample, Samples
from recx.metrics.protocol import Protocol
from recx.metrics.statistics import Chance

PROTOCOL = Protocol((5, 10), "new", "catalogue", None)
RANDOM = np.random.default_rng(0)
FACTS = {
    "name": "toy",
    "source": [{"sha256": "ab"}],
    "settings": {"dataset": {"clean": 5}, "split": {"method": "time", "test_share": 0.1}, "windows": {}},
}
USERS = np.arange(0, 100, 2, dtype=np.int32)


def data(fingerprint: str = "f", **split: object) -> dict[str, object]:
    settings = FACTS["settings"] | {"split": FACTS["settings"]["split"] | split}  # type: ignore[index,operator]
    return baseline.identity(FACTS | {"settings": settings}, fingerprint)


def samples() -> Samples:
    few = USERS[:7]
    return {
        Place("als", "", "everybody", "ndcg@10"): Sample(USERS, RANDOM.random(50).astype(np.float32)),
        Place("als", "", "everybody", "rmse"): Sample(
            few, np.float32(RANDOM.random(7)), np.arange(1.0, 8.0), (Chance(0.01, 2),)
        ),
        Place("als", "popularity", "head", "ndcg@10"): Sample(few, RANDOM.random(7).astype(np.float32)),
        Place("ease", "", "everybody", "ndcg@10"): Sample(USERS, RANDOM.random(50).astype(np.float32)),
    }


def saved(path: Path) -> baseline.Baseline:
    baseline.save(path, samples(), data(), PROTOCOL, {"als": "results/train/als"})
    return baseline.load(path)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    was = samples()
    baseline.save(tmp_path / "b.parquet", was, data(), PROTOCOL, {"als": "results/train/als"})
    found = baseline.load(tmp_path / "b.parquet")
    assert (found.entrants, found.metrics) == (["als", "ease"], ["ndcg@10", "rmse"])
    assert found.facts["runs"] == {"als": "results/train/als"}
    assert found.samples.keys() == was.keys()
    for place, sample in was.items():
        other = found.samples[place]
        assert np.array_equal(other.users, sample.users)
        assert np.array_equal(other.values, sample.values)
        assert other.spread == sample.spread
        assert (other.counts is None) == (sample.counts is None)
        assert other.counts is None or np.array_equal(other.counts, sample.counts)  # type: ignore[arg-type]
    baseline.check_same(found, data(), PROTOCOL)


def test_a_file_that_was_changed_is_no_baseline(tmp_path: Path) -> None:
    path = tmp_path / "b.parquet"
    saved(path)
    table = pq.read_table(path)
    better = table.set_column(5, "ndcg@10", [np.zeros(len(table), np.float32)])
    assert better.schema.metadata == table.schema.metadata
    pq.write_table(better, path)
    with pytest.raises(DataError, match="was changed after it had been written"):
        baseline.load(path)
    facts = json.loads(table.schema.metadata[baseline.META]) | {"protocol": {}}
    pq.write_table(table.replace_schema_metadata({baseline.META: json.dumps(facts)}), path)
    with pytest.raises(DataError, match="was changed after it had been written"):
        baseline.load(path)


@pytest.mark.parametrize("content", [b"", b"no parquet at all"])
def test_anything_else_is_no_baseline(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "b.parquet"
    with pytest.raises(DataError, match=r"no baseline in .*; make it again: recx evaluate"):
        baseline.load(path)
    path.write_bytes(content)
    with pytest.raises(DataError, match="is no baseline, or damaged"):
        baseline.load(path)
    pq.write_table(pq.read_table(_plain(tmp_path)), path)
    with pytest.raises(DataError, match="is no baseline, or damaged"):
        baseline.load(path)


def _plain(folder: Path) -> Path:
    import pyarrow as pa

    pq.write_table(pa.table({"a": [1]}), folder / "plain.parquet")
    return folder / "plain.parquet"


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (data("g", test_share=0.2), r"another split \(split.test_share=0.1, here 0.2\)"),
        (data("g", method="last"), r"another split \(split.method=time, here last\)"),
        (data("g") | {"name": "shop"}, "the data set toy, not of shop"),
        (data("g") | {"rows": ["cd"]}, "other files of toy"),
        (data("g") | {"dataset": {"clean": 3}}, r"other settings of the data \(dataset.clean=5, here 3\)"),
        (data("g"), "another split .fingerprint f, here g"),
    ],
)
def test_another_split_is_named(now: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        baseline.check_same(saved(tmp_path / "b.parquet"), now, PROTOCOL)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (replace(PROTOCOL, repeat="allow"), "made with repeat=new, not repeat=allow"),
        (replace(PROTOCOL, candidates="train"), "made with candidates=catalogue, not candidates=train"),
        (replace(PROTOCOL, seed=3), "made with seed=0, not seed=3"),
        (replace(PROTOCOL, version="v2"), "metrics by definition v1, this recx measures v2"),
    ],
)
def test_another_protocol_or_version_is_named(now: Protocol, words: str, tmp_path: Path) -> None:
    found = saved(tmp_path / "b.parquet")
    with pytest.raises(DataError, match=words):
        baseline.check_same(found, data(), now)
    baseline.check_same(found, data(), replace(PROTOCOL, k=(10, 20)))  # cut-offs stand in the names
