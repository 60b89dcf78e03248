from pathlib import Path

import pytest

from recx.errors import DataError, UsageError
from recx.sweep.config import Interval
from recx.sweep.ledger import Ledger
from recx.sweep.trial import Outcome

SETTINGS = {"model.reg": 1.0, "seed": 0}
SPACE = {"model.factors": [8, 16, 32], "model.layers": [[64, 32], [128]], "model.lr": Interval(0.0, 1.0)}
POINTS = [
    {"model.factors": factors, "model.layers": [128], "model.lr": factors / 100} for factors in (8, 16, 32)
]


def opened(folder: Path) -> Ledger:
    ledger = Ledger(folder, dict(SETTINGS), higher_is_better=False)
    ledger.plan(POINTS, SPACE)
    return ledger


def test_a_ledger_opened_again_knows_what_was_done(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    ledger.start(0)
    ledger.finish(0, Outcome(2.5, 0.25, 3, "trials/a"))
    ledger.start(1)
    ledger.finish(1, Outcome(1.0, error="loss is nan"))
    ledger.start(2)  # and is killed
    trials = opened(tmp_path).trials()
    assert [trial.state for trial in trials] == ["ok", "failed", "unfinished"]
    assert [dict(trial.parameters) for trial in trials] == POINTS
    assert (trials[0].value, trials[0].seconds, trials[0].epochs, trials[0].run) == (0.25, 2.5, 3, "trials/a")
    assert trials[1].error == "loss is nan"
    again = opened(tmp_path)
    again.start(2)
    again.finish(2, Outcome(1.0, 0.5))
    assert [trial.state for trial in opened(tmp_path).trials()] == ["ok", "failed", "ok"]


def test_optuna_reads_it(tmp_path: Path) -> None:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    ledger = opened(tmp_path / "some-sweep")
    for number, value in enumerate((0.3, 0.1, 0.2)):
        ledger.start(number)
        ledger.finish(number, Outcome(1.0, value))
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "some-sweep" / "journal")))
    study = optuna.load_study(study_name="some-sweep", storage=storage)
    assert study.best_params == {"model.factors": 16, "model.layers": "[128]", "model.lr": 0.16}


def test_other_settings_are_refused_by_name(tmp_path: Path) -> None:
    opened(tmp_path)
    with pytest.raises(
        UsageError, match=r"was swept with model\.reg=1\.0, not 2\.0; choose another sweep_name"
    ):
        Ledger(tmp_path, SETTINGS | {"model.reg": 2.0}, higher_is_better=False)
    coded = {**SETTINGS, "code of als": "ab12"}
    Ledger(tmp_path / "coded", coded, higher_is_better=False)
    with pytest.raises(UsageError, match="was swept with another version of the code of als"):
        Ledger(tmp_path / "coded", coded | {"code of als": "cd34"}, higher_is_better=False)
    with pytest.raises(UsageError, match=r"seed=0, not nothing and 1 more"):
        Ledger(tmp_path, {"model.reg": 1.0, "k": [5]}, higher_is_better=False)


def test_more_trials_join_those_that_are_there(tmp_path: Path) -> None:
    opened(tmp_path)
    ledger = Ledger(tmp_path, dict(SETTINGS), higher_is_better=False)
    more = {"model.factors": 32, "model.layers": [64, 32], "model.lr": 0.7}
    ledger.plan([*POINTS, more], SPACE)
    assert [dict(trial.parameters) for trial in ledger.trials()] == [*POINTS, more]


def test_a_failed_trial_is_tried_again_on_request_and_its_last_attempt_counts(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    for number, error in enumerate(("out of memory", None, "out of memory")):
        ledger.start(number)
        ledger.finish(number, Outcome(1.0, None if error else 0.5, error=error))
    assert [trial.state for trial in opened(tmp_path).trials()] == ["failed", "ok", "failed"]
    for _ in range(2):  # asked for twice, because the first time was killed
        ledger.plan(POINTS, SPACE, retry_failed=True)
        assert [(trial.number, trial.state) for trial in ledger.trials()] == [
            (3, "unfinished"),
            (1, "ok"),
            (4, "unfinished"),
        ]
    ledger.start(3)
    ledger.finish(3, Outcome(1.0, 0.25))
    assert [trial.value for trial in opened(tmp_path).trials()] == [0.25, 0.5, None]


def test_half_a_line_and_the_lock_of_a_killed_process_do_no_harm(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    ledger.start(0)
    ledger.finish(0, Outcome(1.0, 0.5))
    journal = tmp_path / "journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole.splitlines()[-1][:20])
    (tmp_path / "journal.lock").symlink_to(journal)
    ledger = opened(tmp_path)
    assert journal.read_bytes() == whole
    ledger.start(1)
    ledger.finish(1, Outcome(1.0, 0.4))
    assert [trial.value for trial in opened(tmp_path).trials()] == [0.5, 0.4, None]


@pytest.mark.parametrize("content", [b"\x00\xff\n", b"{}\n{}\n", b"hello\nworld\n"])
def test_a_journal_edited_by_hand_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal").write_bytes(content)
    with pytest.raises(DataError, match="is damaged"):
        opened(tmp_path)


def test_beginning_one_says_nothing_on_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    opened(tmp_path)
    assert capfd.readouterr() == ("", "")
