"""New events laid over the log, and the chain of who answers."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recx.config.compose import compose
from recx.errors import DataError
from recx.recommend import recommend, users, verb
from recx.recommend.config import RecommendConfig
from recx.session import Session, Silence
from recx.train import train

KINDS = ("view", "cart", "buy")
DAY = 86_400


@pytest.fixture(scope="module")
def events() -> list[list[str]]:
    """User, item, kind and time of a shop with three kinds of events, in any order."""
    rng = np.random.default_rng(4)
    rows = []
    for user in range(40):
        for _ in range(12):
            item = int(rng.integers(4) * 5 + user % 5) if rng.random() < 0.8 else int(rng.integers(20))
            day = 1_600_000_000 + int(rng.integers(100)) * DAY + int(rng.integers(DAY))
            rows.append([f"u{user}", f"i{item}", KINDS[int(rng.integers(3))], str(day)])
    return rows


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, events: list[list[str]]) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    _write(folder / "log.csv", events)
    words = [
        "dataset=csv", "dataset.name=shop", f"dataset.path={folder}/log.csv", "model=item_knn",
        "dataset.event_weights={view:1,cart:3,buy:7}", "model.values=sum", "model.decay=.8", "threads=1",
        f"data_dir={folder}/data", f"results={folder}/results", "dataset.repeats=true",
    ]  # fmt: skip
    train(compose("train", words).settings)
    return folder


def _write(path: Path, rows: list[list[str]], head: str = "user,item,event,time") -> Path:
    path.write_text("\n".join([head, *(",".join(row) for row in rows), ""]))
    return path


@pytest.fixture
def asked(shop: Path, tmp_path: Path) -> RecommendConfig:
    run = next((shop / "results" / "train").glob("item_knn-*"))
    return RecommendConfig(run=str(run), out=str(tmp_path / "lists.csv"), threads=1, k=6)


def lists(config: RecommendConfig) -> dict[str, list[tuple[str, ...]]]:
    """Item, score and link by user."""
    recommend(config)
    found: dict[str, list[tuple[str, ...]]] = {}
    with open(config.out, newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["user"], []).append((row["item"], row["score"], row["link"]))
    return found


def test_a_stranger_with_the_events_of_a_user_is_given_that_users_list(
    asked: RecommendConfig, events: list[list[str]], tmp_path: Path
) -> None:
    same = [["new", *rest] for user, *rest in events if user == "u3"]
    history = _write(tmp_path / "events.csv", same)
    found = lists(replace(asked, users=["u3", "new", "nobody"], history=str(history)))
    assert [line[:2] for line in found["new"]] == [line[:2] for line in found["u3"]]
    links = {user: {line[2] for line in own} for user, own in found.items()}
    assert links == {"u3": {"model"}, "new": {"fold_in"}, "nobody": {"popularity"}}
    # kinds weigh what they weighed in the log
    for row in same:
        row[2] = "view"
    changed = lists(replace(asked, users=["new"], history=str(_write(history, same))))
    assert changed["new"] != found["new"]


def test_new_events_continue_a_known_history_and_everyone_is_asked(
    asked: RecommendConfig, events: list[list[str]], tmp_path: Path
) -> None:
    later = [["i19", "buy", "1690000000"], ["i7", "cart", "1690000500"]]
    rows = [["u3", *event] for event in later]
    rows += [["new", *rest] for user, *rest in events if user == "u3"] + [["new", *event] for event in later]
    history = _write(tmp_path / "events.csv", rows)
    found = lists(replace(asked, history=str(history)))
    assert len(found) == 41 and list(found)[-1] == "new"
    assert [line[:2] for line in found["new"]] == [line[:2] for line in found["u3"]]
    without = lists(asked)
    assert {user for user in without if without[user] != found[user]} == {"u3"}


def test_blocks_of_any_size_give_the_same_lists(
    asked: RecommendConfig, events: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[f"new{number % 9}", *rest] for number, (_, *rest) in enumerate(events[:60])]
    history = str(_write(tmp_path / "events.csv", rows))
    names = tmp_path / "users.txt"
    names.write_text("u8\nnew4\nnobody\n\nu8\nu2\nu30\nnew1\nu2\n")
    whole = lists(replace(asked, history=history)), lists(replace(asked, users=[str(names)], history=history))
    assert list(whole[1]) == ["u8", "new4", "nobody", "u2", "u30", "new1"]
    monkeypatch.setattr(users.Asking, "_size", 3)
    monkeypatch.setattr(verb, "BLOCK", 2)
    assert whole == (
        lists(replace(asked, history=history)),
        lists(replace(asked, users=[str(names)], history=history)),
    )


def test_items_that_the_log_does_not_have_are_left_out_and_said(
    asked: RecommendConfig, tmp_path: Path
) -> None:
    when = ["view", "1690000000"]
    history = _write(tmp_path / "e.csv", [["a", "i1", *when], ["a", "i999", *when]])
    said: list[str] = []

    class Told(Silence):
        def say(self, line: str) -> None:
            said.append(line)

    recommend(replace(asked, users=["a"], history=str(history)), Session(listener=Told()))
    assert said == [
        f"{history}: events of items that the data set does not have are left out: 1, the first is line 3: "
        "item 'i999'"
    ]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".tmp")] == []


def _only(head: str, *row: str) -> Callable[[Path], Path]:
    return lambda folder: _write(folder / "e.csv", [list(row)] if row else [], head)


def _bad(row: list[str]) -> Callable[[Path], Path]:
    return lambda folder: _write(folder / "e.csv", [["a", "i1", "view", "1690000000"], row])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_bad(["", "i1", "view", "1690000000"]), "e.csv: line 3: user is blank"),
        (_bad(["a", "", "view", "1690000000"]), "e.csv: line 3: item is blank"),
        (_bad(["a", "i1", "wish", "1690000000"]), "e.csv: line 3: event 'wish' is none of buy, cart, view"),
        (_bad(["a", "i1", "view", "soon"]), "e.csv: line 3: time 'soon' is no time in numbers"),
        (_bad(["a", "i1", "view", "99000000000"]), "e.csv: line 3: time '99000000000' .* in the future"),
        (_only("user,item", "a", "i1"), "no event column among user, item"),
        (_only("user,event", "a", "view"), "no item column"),
        (_only("user,item,event,value", "a", "i1", "view", "x"), "'x' is no number"),
        (_only("user,item,event,value", "a", "i1", "view", "inf"), "line 2: value 'inf' is no finite"),
        (_only("user,item,event"), "e.csv has no rows"),
        (lambda folder: folder / "e.csv", "e.csv is missing"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_one_line_with_its_place(
    asked: RecommendConfig, tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        recommend(replace(asked, users=["a"], history=str(make(tmp_path))))
    assert not Path(asked.out).exists()
