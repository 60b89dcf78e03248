import csv
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from recx.config.compose import compose
from recx.errors import DataError, UsageError
from recx.fuse import fuse
from recx.prepare import stored
from recx.recommend import recommend
from recx.recommend.config import RecommendConfig


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fusion of two bases, and one of them alone, on a small synthetic shop."""
    folder = tmp_path_factory.mktemp("shop")
    words = [
        "bases=[popular,item_knn]", "dataset=synthetic", "dataset.n_users=150", "dataset.n_items=60",
        "threads=1", f"data_dir={folder}/data", f"results={folder}/results", "fuser.trees=20",
        "fuser.min_leaf=20",
    ]  # fmt: skip
    fuse(compose("fuse", words).settings)
    return folder


@pytest.fixture
def fusion(shop: Path, tmp_path: Path) -> RecommendConfig:
    return RecommendConfig(
        run=str(next((shop / "results" / "fuse").glob("stack-*"))), out=str(tmp_path / "lists.csv"), threads=1
    )


@pytest.fixture
def base(fusion: RecommendConfig, shop: Path) -> RecommendConfig:
    return replace(fusion, run=str(next((shop / "results" / "train").glob("item_knn-*"))))


def rows(config: RecommendConfig) -> list[dict[str, str]]:
    with open(config.out, newline="") as file:
        return list(csv.DictReader(file))


def test_every_user_gets_k_items_best_first_and_none_twice(fusion: RecommendConfig) -> None:
    written = recommend(replace(fusion, k=7))
    found = rows(fusion)
    assert written.lines == len(found) == 7 * written.users
    for user in {row["user"] for row in found}:
        own = [row for row in found if row["user"] == user]
        assert [int(row["rank"]) for row in own] == list(range(1, 8))
        assert len({row["item"] for row in own}) == 7
        scores = [float(row["score"]) for row in own]
        assert scores == sorted(scores, reverse=True)


def test_users_are_named_or_read_from_a_file_and_keep_their_order(
    base: RecommendConfig, shop: Path, tmp_path: Path
) -> None:
    dataset = stored.load(next((shop / "data").glob("synthetic*")))
    names = [dataset.users[5], dataset.users[2]]
    recommend(replace(base, users=names, k=2))
    assert [row["user"] for row in rows(base)] == [names[0]] * 2 + [names[1]] * 2
    before = rows(base)
    (tmp_path / "users.txt").write_text("\n".join([*names, ""]))
    recommend(replace(base, users=[str(tmp_path / "users.txt")], k=2))
    assert rows(base) == before


def test_a_stranger_is_given_what_is_popular(base: RecommendConfig, shop: Path) -> None:
    written = recommend(replace(base, users=["nobody"], k=3))
    assert written.unknown == 1
    dataset = stored.load(next((shop / "data").glob("synthetic*")))
    counts = dataset.split.final.fit.item_counts
    found = rows(base)
    assert {row["answered_by"] for row in found} == {"popularity"}
    shown = [counts[dataset.items.numbers([row["item"]])[0]] for row in found]
    assert shown == sorted(counts, reverse=True)[:3]


def test_new_leaves_out_the_whole_history_and_valid_only_what_stood_before_test(
    base: RecommendConfig, shop: Path
) -> None:
    dataset = stored.load(next((shop / "data").glob("synthetic*")))
    final = dataset.split.final
    user = int(final.users[0])
    bought = set(final.target.items[final.target.users == user].tolist())
    met = set(final.history.items[final.history.users == user].tolist())
    asked = replace(base, users=[dataset.users[user]], repeat="new", k=dataset.n_items)
    shown = {}
    for known in ("all", "valid"):
        recommend(replace(asked, known=known))
        shown[known] = set(dataset.items.numbers(row["item"] for row in rows(base)).tolist())
    assert not shown["all"] & (met | bought)
    assert shown["valid"] & bought == bought - met and not shown["valid"] & met


def test_reasons_name_what_the_fusion_listened_to_and_items_of_the_history(
    fusion: RecommendConfig, shop: Path, tmp_path: Path
) -> None:
    out = tmp_path / "lists.jsonl"
    recommend(replace(fusion, explain=3, k=2, out=str(out)))
    dataset = stored.load(next((shop / "data").glob("synthetic*")))
    final = dataset.split.final
    log = final.history.merged(final.target)
    kinds = set()
    for line in out.read_text().splitlines():
        told = json.loads(line)
        user = dataset.users.numbers([told["user"]])[0]
        own = {dataset.items[int(item)] for item in log.items[log.users == user]}
        for item in told["items"]:
            for why in item["why"]:
                kinds.add((why["kind"], why["by"]))
                assert why["kind"] != "item" or why["what"] in own
    assert {("base", "stack"), ("features", "stack"), ("item", "item_knn")} <= kinds


def test_reasons_add_up_to_the_score_and_those_of_a_base_to_its_own(
    fusion: RecommendConfig, tmp_path: Path
) -> None:
    out = tmp_path / "lists.jsonl"
    sums = {}
    for most in (1, 3):
        recommend(replace(fusion, explain=most, k=4, out=str(out)))
        for line in out.read_text().splitlines():
            told = json.loads(line)
            for item in told["items"]:
                of = {by: [w["value"] for w in item["why"] if w["by"] == by] for by in ("stack", "item_knn")}
                assert sum(of["stack"]) == pytest.approx(item["score"], abs=1e-4)
                if of["item_knn"]:
                    pair = told["user"], item["item"]
                    same = sums.setdefault(pair, sum(of["item_knn"]))
                    assert sum(of["item_knn"]) == pytest.approx(same, abs=1e-4)  # written with six digits


def test_parquet_holds_the_same_lines(fusion: RecommendConfig, tmp_path: Path) -> None:
    recommend(replace(fusion, k=3, explain=1))
    table = tmp_path / "lists.parquet"
    recommend(replace(fusion, k=3, explain=1, out=str(table)))
    held = pq.read_table(table).to_pylist()
    assert [(row["user"], row["item"]) for row in held] == [
        (row["user"], row["item"]) for row in rows(fusion)
    ]
    assert any(row["why"] for row in held)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"run": ""}, "run is missing"),
        ({"run": "nowhere"}, "no run in nowhere"),
        ({"k": 0}, "k=0"),
        ({"out": "lists.xlsx"}, "nothing writes '.xlsx'"),
        ({"known": "test"}, "known=test"),
        ({"repeat": "never"}, "repeat=never"),
    ],
)
def test_a_wrong_setting_is_one_line(
    fusion: RecommendConfig, change: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        recommend(replace(fusion, **change))


def test_nothing_is_left_where_writing_fails(base: RecommendConfig, tmp_path: Path) -> None:
    (tmp_path / "users.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DataError, match="not UTF-8"):
        recommend(replace(base, users=[str(tmp_path / "users.txt")]))
    assert [path.name for path in tmp_path.iterdir()] == ["users.txt"]
