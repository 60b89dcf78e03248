import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from recx import store
from recx.errors import DataError


def test_an_error_while_writing_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    store.write_json(path, {"a": 1})
    with pytest.raises(KeyError), store.atomic_write(path) as temporary:
        temporary.write_text("half")
        raise KeyError
    assert store.read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_nan_is_not_written_as_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        store.write_json(tmp_path / "a.json", {"a": float("nan")})
    assert not (tmp_path / "a.json").exists()


def test_arrays_that_are_not_contiguous_come_back_equal(tmp_path: Path) -> None:
    grid = np.arange(12, dtype=np.float32).reshape(3, 4)
    arrays = {
        "turned": grid.T,
        "strided": grid[:, ::2],
        "scalar": np.array(7),
        "nan": np.array([np.nan, 1.0]),
    }
    store.write_arrays(tmp_path / "a.safetensors", arrays)
    for name, array in store.read_arrays(tmp_path / "a.safetensors").items():
        np.testing.assert_array_equal(array, arrays[name])


@pytest.mark.parametrize(
    "arrays",
    [
        {"grid": np.arange(70, dtype=np.int32).reshape(10, 7)},
        {"unknown": np.full(10, np.nan)},
        {"nothing": np.zeros((0, 3)), "flags": np.zeros(9, dtype=bool), "narrow": np.zeros((4, 0))},
        {"scalar": np.array(7.0)},
    ],
)
def test_a_byte_that_the_disk_changes_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrays: dict[str, np.ndarray]
) -> None:
    """In whichever of the parts that are read back it stands."""
    save, path = safetensors.numpy.save_file, tmp_path / "a.safetensors"
    monkeypatch.setattr(store, "VERIFIED", 64)
    store.write_arrays(path, arrays)
    whole = path.read_bytes()
    begin = 8 + int.from_bytes(whole[:8], "little")
    for at in (0, 8, *range(begin, len(whole))):

        def damaged(solid: dict[str, np.ndarray], where: Path, at: int = at) -> None:
            save(solid, where)
            with open(where, "rb+") as file:
                file.seek(at)
                file.write(bytes([whole[at] ^ 1]))

        monkeypatch.setattr(safetensors.numpy, "save_file", damaged)
        with pytest.raises(DataError, match="could not be verified"):
            store.write_arrays(path, arrays)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("content", [b"", b"{", b"\x00" * 40, b"\xff\xfe{}"])
def test_damaged_files_are_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(content)
    for read in (store.read_json, store.read_arrays):
        with pytest.raises(DataError) as caught:
            read(path)
        assert str(path) in str(caught.value)


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    code = f"""
import resource, numpy as np
from pathlib import Path
from recx import store
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
for write in (
    lambda p: store.write_text(p, "x" * 5000),
    lambda p: store.write_arrays(p, {{"a": np.zeros(5000)}}),
):
    try:
        write(Path({str(tmp_path)!r}) / "a")
    except store.DataError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all("no space left" in line for line in lines)
    assert not any(path.is_file() for path in tmp_path.iterdir())


def test_a_lock_goes_with_the_process_that_held_it(tmp_path: Path) -> None:
    code = f"""
import time
from pathlib import Path
from recx import store
with store.claimed(Path({str(tmp_path / "run")!r})):
    print("held", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(DataError, match="another process"), store.claimed(tmp_path / "run"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with store.claimed(tmp_path / "run"):
        pass


def test_what_killed_processes_left_is_swept_up_and_nothing_else(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / f"{store.TEMPORARY}{gone.pid}-ab12-data").mkdir()
    (tmp_path / f"{store.TEMPORARY}{gone.pid}-ab12-file").write_text("half")
    mine = tmp_path / f"{store.TEMPORARY}{os.getpid()}-ab12-file"
    mine.write_text("being written")
    (tmp_path / "kept").write_text("whole")
    store.sweep_up(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([mine.name, "kept"])


def finished_run(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "numbers.csv").write_text("1,2\n")
    store.write_json(folder / store.MANIFEST, {"status": "ok", "files": store.checksums(folder)})
    return folder


def test_a_run_edited_by_hand_is_refused_by_name(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    assert store.read_manifest(run)["status"] == "ok"
    (run / "numbers.csv").write_text("1,3\n")
    with pytest.raises(DataError, match=r"numbers\.csv was changed"):
        store.read_manifest(run)
    (run / "numbers.csv").unlink()
    with pytest.raises(DataError, match=r"numbers\.csv is missing"):
        store.read_manifest(run)


def test_an_unfinished_run_is_refused(tmp_path: Path) -> None:
    store.write_json(tmp_path / store.MANIFEST, {"status": "running"})
    with pytest.raises(DataError, match="not a finished run"):
        store.read_manifest(tmp_path)


def test_runs_are_listed_with_their_true_state(tmp_path: Path) -> None:
    finished_run(tmp_path / "train" / "a")
    for name, facts in {
        "b": {"status": "running"},
        "c": {"status": "failed", "error": "loss is nan"},
    }.items():
        store.write_json(tmp_path / "train" / name / store.MANIFEST, facts)
    (tmp_path / "train" / "d").mkdir()
    (tmp_path / "train" / "d" / store.MANIFEST).write_text("{")
    with store.claimed(tmp_path / "train" / "e"):
        store.write_json(tmp_path / "train" / "e" / store.MANIFEST, {"status": "running"})
        states = {run.folder.name: run.state for run in store.list_runs(tmp_path)}
    assert states == {"a": "ok", "b": "interrupted", "c": "failed", "d": "damaged", "e": "running"}


def test_checksums_leave_out_the_manifest_and_what_is_half_written(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    (run / f"{store.TEMPORARY}1-ab-x").write_text("half")
    assert list(json.loads((run / store.MANIFEST).read_text())["files"]) == ["numbers.csv"]
    assert list(store.checksums(run)) == ["numbers.csv"]
