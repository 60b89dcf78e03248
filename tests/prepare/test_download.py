"""ml-100k comes over the network only when its checksum is right, from a server on 127.0.0.1 here."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recx.errors import DataError
from recx.prepare import prepare
from recx.prepare.config import PrepareConfig
from recx.prepare.sources.config import MovieLensConfig
from tests.prepare.conftest import SMALL

RATINGS = "".join(f"{n % 9 + 1}\t{n % 7 + 1}\t{n % 5 + 1}\t{881250949 + n}\n" for n in range(63))
FILES = {
    "ml-100k/u.data": RATINGS,
    "ml-100k/u.genre": "unknown|0\nAction|1\nDrama|2\n\n",
    "ml-100k/u.item": "".join(
        f"{n}|Film {n} é (1995)|01-Jan-1995||http://x|0|1|{n % 2}\n" for n in range(1, 8)
    ),
    "ml-100k/u.user": "".join(f"{n}|{20 + n}|F|writer|0000{n}\n" for n in range(1, 10)),
}


def archive() -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as file:
        for name, text in FILES.items():
            file.writestr(name, text.encode("latin-1"))
    return raw.getvalue()


class Answers(BaseHTTPRequestHandler):
    """The whole archive, half of it, or something else."""

    asked = 0

    def do_GET(self) -> None:
        Answers.asked += 1
        if self.path == "/gone.zip":
            self.send_error(404)
            return
        body = archive() if self.path != "/text.zip" else b"no archive"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.path == "/half.zip" else body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        Answers.asked = 0
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def settings(folder: Path, url: str, raw: bytes) -> PrepareConfig:
    md5 = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return PrepareConfig(MovieLensConfig(url=url, md5=md5), SMALL, 0, str(folder / "prepared"))


def test_it_is_fetched_once_verified_and_prepared(server: str, tmp_path: Path) -> None:
    wanted = settings(tmp_path, f"{server}/ml-100k.zip", archive())
    dataset = prepare(wanted)
    assert (dataset.n_users, dataset.n_items, dataset.feedback) == (9, 7, "explicit")
    assert dataset.value_range == (1, 5)
    assert dataset.relevant_from == 4
    assert dataset.catalog.items["genres"].tolist()[:2] == ["Action|Drama", "Action"]
    assert dataset.catalog.items["title"][0] == "Film 1 é (1995)"
    assert dataset.catalog.items["year"][0] == 1995
    assert dataset.catalog.users["age"].tolist() == list(range(21, 30))
    raw = tmp_path / "prepared" / "raw" / "ml-100k"
    assert sorted(file.name for file in raw.iterdir()) == ["u.data", "u.genre", "u.item", "u.user"]
    assert prepare(wanted).fingerprint == dataset.fingerprint
    assert Answers.asked == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("half.zip", "broke off|instead of"),
        ("text.zip", r"md5 checksum [0-9a-f]{32} instead of"),
        ("gone.zip", "cannot be fetched .*; name a local copy with dataset.path"),
    ],
)
def test_what_is_not_the_archive_is_one_line_and_leaves_nothing(
    server: str, tmp_path: Path, path: str, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        prepare(settings(tmp_path, f"{server}/{path}", archive()))
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and ".locks" not in file.parts]


def test_a_file_with_the_right_checksum_that_is_no_archive_is_said(server: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no zip archive"):
        prepare(settings(tmp_path, f"{server}/text.zip", b"no archive"))


def test_nobody_answering_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be fetched"):
        prepare(settings(tmp_path, "http://127.0.0.1:1/ml-100k.zip", archive()))


def test_a_local_folder_is_taken_without_asking_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home" / "ml_100k"
    home.mkdir(parents=True)
    (home / "u.data").write_text(RATINGS)
    monkeypatch.setenv("RECX_DATA_HOME", str(home.parent))
    dataset = prepare(settings(tmp_path, "http://127.0.0.1:1/none.zip", b""))
    assert dataset.n_users == 9
    assert dataset.catalog.items == {}
