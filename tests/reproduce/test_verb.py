"""Real runs of small data, made again; and what is said where something has changed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from recx import store
from recx.config.compose import compose
from recx.errors import DataError, UsageError
from recx.evaluate import evaluate
from recx.fuse import fuse
from recx.prepare.plan import folder_of
from recx.reproduce import reproduce
from recx.reproduce.config import ReproduceConfig
from recx.reproduce.verb import CHANGED, DIFFERS, Reproduction
from recx.train import train

SHOP = (
    "dataset=csv", "dataset.name=shop", "split.valid=.2", "split.test=.2", "k=[3]", "repeat=allow",
    "threads=1",
)  # fmt: skip


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Settings of a shop of 30 users; its log may be edited by a test that puts it back."""
    folder = tmp_path_factory.mktemp("shop")
    rng = np.random.default_rng(1)
    lines = [f"u{rng.integers(30)},i{rng.integers(20)},{1_000_000 + 997 * n}" for n in range(900)]
    (folder / "log.csv").write_text("\n".join(["user,item,time", *lines]) + "\n")
    places = [f"dataset.path={folder}/log.csv", f"data_dir={folder}/prepared", f"results={folder}/results"]
    return [*SHOP, *places]


@pytest.fixture(scope="module")
def trained(words: list[str]) -> Path:
    return train(compose("train", ["model=item_knn", *words]).settings).folder


def made_again(run: Path | str, dry_run: bool = False, out: str = "") -> Reproduction:
    return reproduce(ReproduceConfig(str(run), out), dry_run=dry_run)


def contents(folder: Path) -> dict[Path, tuple[bytes, int]]:
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()
    }


@contextmanager
def edited(run: Path, **facts: object) -> Iterator[None]:
    """Other facts in a manifest for as long as it takes."""
    path = run / store.MANIFEST
    before = path.read_text()
    path.write_text(json.dumps(json.loads(before) | facts))
    try:
        yield
    finally:
        path.write_text(before)


def test_a_training_comes_out_the_same_and_the_old_one_is_not_touched(trained: Path, tmp_path: Path) -> None:
    before = contents(trained.parents[1])
    found = made_again(trained, out=str(tmp_path / "again"))
    assert found.exit_code == 0 and found.same and not found.inputs.changes
    outputs = {output.name: output for output in found.outputs or []}
    assert outputs["model/final.safetensors"].but_for == ()
    assert outputs["config.yaml"].but_for == ("results", "data_dir", "threads", "device")
    assert contents(trained.parents[1]) == before
    assert found.folder and found.folder.is_relative_to(tmp_path / "again")
    assert (found.folder / "model" / "final.safetensors").is_file()


def test_a_data_set_a_fusion_and_an_evaluation_come_out_the_same(words: list[str], trained: Path) -> None:
    shop = compose("train", ["model=item_knn", *words]).settings
    fused = fuse(compose("fuse", ["bases=[popular,item_knn]", "fuser=rrf", *words]).settings)
    places = [word for word in words if word.startswith(("data_dir", "results", "k=", "threads", "repeat"))]
    runs = f"runs=[{fused.folder},{trained}]"
    report = evaluate(compose("evaluate", [runs, "slices=[activity]", *places]).settings)
    for run in (folder_of(shop), fused.folder, report.folder):
        found = made_again(run)
        assert (found.exit_code, found.same) == (0, True), found
        assert found.inputs.counted["files"] > 0
    # a base that is another one now is named; the fusion's own copy may be a link to it
    base = fused.fusion.base_runs["popular"] / "model" / "final.safetensors"
    kept = base.read_bytes()
    base.unlink()
    base.write_bytes(kept + b" ")
    try:
        found = made_again(fused.folder)
    finally:
        base.write_bytes(kept)
    assert [change.what for change in found.inputs.changes] == [str(base)]
    assert found.outputs is None and found.exit_code == CHANGED


def test_a_changed_raw_file_is_named_and_nothing_is_run(trained: Path, words: list[str]) -> None:
    log = Path(words[len(SHOP)].partition("=")[2])
    kept = log.read_text()
    log.write_text(kept.replace("u7,", "u8,"))
    try:
        found = made_again(trained)
    finally:
        log.write_text(kept)
    file, data = found.inputs.changes
    assert (file.kind, file.what) == ("file", str(log))
    assert file.was != file.now and f"was {file.was}, is now {file.now}" in file.line
    assert (data.kind, data.what) == ("data set", "shop")
    assert found.outputs is None and found.exit_code == CHANGED


def test_other_packages_code_and_settings_are_named_and_the_run_is_made_all_the_same(trained: Path) -> None:
    facts = store.read_json(trained / store.MANIFEST)
    code = store.read_json(trained / "code.json")
    config = {name: value for name, value in facts["config"].items() if name != "seed"}
    old_code = json.dumps(code | {"models/base.py": "0" * 64})
    kept = (trained / "code.json").read_text()
    (trained / "code.json").write_text(old_code)
    files = facts["files"] | {"code.json": store.sha256(trained / "code.json")}
    try:
        with edited(trained, config=config, versions=facts["versions"] | {"numpy": "1.0"}, files=files):
            found = made_again(trained)
    finally:
        (trained / "code.json").write_text(kept)
    assert [(change.kind, change.what, change.was) for change in found.inputs.changes] == [
        ("setting", "seed", "not there"),
        ("package", "numpy", "1.0"),
        ("code", "models/base.py", "000000000000"),
    ]
    assert found.same and found.exit_code == CHANGED


def test_other_bytes_from_equal_inputs_are_told_by_file_array_and_size(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recx.models.neighbour.item_knn import ItemKNN

    arrays = ItemKNN.arrays
    monkeypatch.setattr(
        ItemKNN, "arrays", lambda self: {name: (a + a.dtype.type(1)) for name, a in arrays(self).items()}
    )
    found = made_again(trained)
    assert found.exit_code == DIFFERS
    differ = {output.name: output.differs for output in found.outputs or [] if output.differs}
    assert "places" in differ["model/final.safetensors"]
    assert "history.csv" not in differ


def test_a_dry_run_compares_inputs_only(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from recx.reproduce import again

    monkeypatch.setitem(again.AGAIN, "train", None)  # whoever calls it fails
    found = made_again(trained, dry_run=True)
    assert found.outputs is None and found.exit_code == 0


def test_what_cannot_be_made_again_is_one_line(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"name a run"):
        made_again("")
    with pytest.raises(UsageError, match=r"is there already"):
        made_again(trained, out=str(trained))
    with edited(trained, verb="sweep"), pytest.raises(UsageError, match=r"is a run of sweep"):
        made_again(trained)
    with edited(trained, device="cuda"), pytest.raises(DataError, match=r"on a GPU"):
        made_again(trained)
    facts = store.read_json(trained / store.MANIFEST)
    with (
        edited(trained, config=facts["config"] | {"colour": "red"}),
        pytest.raises(DataError, match=r"no setting 'colour'"),
    ):
        made_again(trained)
    with edited(trained, status="running"), pytest.raises(DataError, match=r"not a finished run"):
        made_again(trained)
