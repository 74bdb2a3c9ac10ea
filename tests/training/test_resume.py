"""A run that was interrupted goes on as if it had not been; what cannot go on is refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from made_runs import make_run
from trained_runs import Interrupting, Unwatched, begin, config, contents, resume, train

from mechgrok.errors import UserError
from mechgrok.runs.by_task import by_task
from mechgrok.runs.locks.locking import locked
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.mixture import Mixture
from mechgrok.training import loop
from mechgrok.training.recorder import Recorder

MADE = config(training__batch=9, training__steps=30, model__biases="all")
SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the run that nobody interrupted."""
    return contents(train(MADE, tmp_path_factory.mktemp("whole") / "run").path)


@pytest.fixture
def interrupted(tmp_path: Path) -> Path:
    """A run that stopped after step 17, between two evaluations; its newest checkpoint is of step 10."""
    out = tmp_path / "run"
    resume(begin(MADE, out), Interrupting(17))
    return out


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("step", [8, 17, *(pytest.param(step, marks=pytest.mark.long) for step in (1, 10, 29))])
def test_after_an_interruption_the_bytes_are_the_same(step: int, number: int, whole: dict[str, bytes], tmp_path: Path) -> None:
    """At once, after an evaluation, after a checkpoint, between them, before the last step."""
    out = tmp_path / "run"
    before = [signal.getsignal(each) for each in SIGNALS]
    ending = resume(begin(MADE, out), Interrupting(step, number))
    assert (ending.step, ending.reason, ending.interrupted) == (step, "interrupted", True)
    assert [signal.getsignal(each) for each in SIGNALS] == before
    assert contents(out) != whole
    ending = resume(out)
    assert (ending.step, ending.reason, ending.interrupted) == (30, "that was the last step", False)
    assert contents(out) == whole


@pytest.mark.long
def test_after_an_interruption_at_every_step_too(whole: dict[str, bytes], tmp_path: Path) -> None:
    begin(MADE, tmp_path / "run")
    for step in range(1, 30):
        assert resume(tmp_path / "run", Interrupting(step)).interrupted
    resume(tmp_path / "run")
    assert contents(tmp_path / "run") == whole


def test_an_interruption_in_the_last_step_comes_too_late(whole: dict[str, bytes], tmp_path: Path) -> None:
    assert not resume(begin(MADE, tmp_path / "run"), Interrupting(30)).interrupted
    assert contents(tmp_path / "run") == whole


@pytest.fixture
def usual_interrupt() -> Iterator[None]:
    """Python's own handler of Ctrl-C, which libraries in the same process may have replaced."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("usual_interrupt")
def test_a_second_signal_ends_the_process_as_usual(tmp_path: Path) -> None:
    class Impatient(Unwatched):
        def at(self, step: int) -> None:
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.01)  # until the handler of the first has run: two signals at once are one
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        resume(begin(MADE, tmp_path / "run"), Impatient())


def test_a_torn_tail_of_the_metrics_is_cut(interrupted: Path, whole: dict[str, bytes]) -> None:
    with (interrupted / "metrics.csv").open("ab") as file:
        file.write(b"20,train,0.5,0.5\n20,test,0.5,0.5\n24,tra")
    resume(interrupted)
    assert contents(interrupted) == whole


def test_leftovers_of_a_kill_change_nothing(interrupted: Path, whole: dict[str, bytes]) -> None:
    for name in (".state.safetensors.99", ".metrics.csv.99", "weights/.00000020.safetensors.99"):
        (interrupted / name).write_bytes(b"torn")
    (interrupted / "weights" / "00000020.safetensors").write_bytes(whole["weights/00000020.safetensors"])
    assert open_run(interrupted).steps == [0, 10, 20]
    resume(interrupted)
    assert contents(interrupted) == whole


def test_whoever_was_killed_before_the_first_state_starts_over(interrupted: Path, whole: dict[str, bytes]) -> None:
    (interrupted / "state.safetensors").unlink()
    resume(interrupted)
    assert contents(interrupted) == whole


class KilledError(Exception):
    """Stands for a kill at a chosen place."""


def killed(*_: Any, **__: Any) -> None:
    raise KilledError


@pytest.mark.parametrize(
    "rule", [{"test_loss_below": 2.1}, {"accuracy": 0.05, "evaluations": 3}, {}], ids=["test loss", "accuracy", "last step"]
)
def test_a_kill_between_the_end_and_the_final_state_changes_nothing(
    rule: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that held must hold again after resuming, and a step later must not be trained."""
    made = config(training__stop=rule, training__evaluate_every=3, checkpoints__every=3)
    out, other = tmp_path / "run", tmp_path / "whole"
    expected = resume(begin(made, other))
    begin(made, out)
    with monkeypatch.context() as patch:
        patch.setattr(loop, "_end", killed)
        with pytest.raises(KilledError):
            resume(out)
    assert resume(out) == expected
    assert contents(out) == contents(other)


@pytest.mark.parametrize("rule", [{"test_loss_below": 2.1}, {"accuracy": 0.05, "evaluations": 5}])
def test_rules_count_what_was_recorded_before_the_interruption(rule: dict[str, Any], tmp_path: Path) -> None:
    made = config(training__stop=rule, training__evaluate_every=2, training__steps=60)
    expected = resume(begin(made, tmp_path / "whole"))
    assert 4 < expected.step < 60
    begin(made, tmp_path / "run")
    for step in range(1, expected.step):
        resume(tmp_path / "run", Interrupting(step))
    assert resume(tmp_path / "run") == expected
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


@pytest.mark.parametrize(
    ("place", "count"), [("record", 0), ("record", 5), ("keep", 0), ("keep", 2), ("save", 0), ("save", 2), ("save", 4)]
)
def test_a_kill_before_any_kind_of_write_changes_nothing(
    place: str, count: int, whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many metrics, checkpoints or states are written, and the next is not."""
    begin(MADE, tmp_path / "run")
    with monkeypatch.context() as patch:
        left = iter([getattr(Recorder, place)] * count)
        patch.setattr(Recorder, place, lambda *given, **more: next(left, killed)(*given, **more))
        with pytest.raises(KilledError):
            resume(tmp_path / "run")
    resume(tmp_path / "run")
    assert contents(tmp_path / "run") == whole


def refusal(run: Path) -> str:
    """What is said when resuming, which then has changed nothing."""
    before = contents(run)
    with pytest.raises(UserError) as complaint:
        resume(run)
    assert contents(run) == before
    assert "\n" not in str(complaint.value)
    return str(complaint.value)


@pytest.mark.parametrize("length", [0, 5, 1000, -1])
def test_a_damaged_state_is_named(length: int, interrupted: Path) -> None:
    state = interrupted / "state.safetensors"
    state.write_bytes(state.read_bytes()[:length])
    assert refusal(interrupted).startswith(f"{state} cannot be read (")


def test_a_state_of_something_else_is_named(interrupted: Path, tmp_path: Path) -> None:
    """A checkpoint has no step; the state of a wider network has one."""
    state, other = interrupted / "state.safetensors", train(config(model__d_mlp=32), tmp_path / "other").path
    shutil.copy(other / "weights" / "00000020.safetensors", state)
    assert refusal(interrupted).startswith(f"{state} is not a state of this run; ")
    resume(begin(config(model__d_mlp=32), tmp_path / "wider"), Interrupting(5))
    shutil.copy(tmp_path / "wider" / "state.safetensors", state)
    assert refusal(interrupted).startswith(f"{state} is not a state of this run; ")


def test_metrics_that_the_state_counts_on_must_be_there(interrupted: Path) -> None:
    metrics = interrupted / "metrics.csv"
    metrics.write_bytes(metrics.read_bytes()[:-1])
    assert refusal(interrupted).startswith(f"{metrics} lacks rows that were recorded before the state; ")
    metrics.unlink()
    assert refusal(interrupted).startswith(f"{metrics} lacks rows")


def test_metrics_that_were_edited_before_the_state_are_refused(interrupted: Path) -> None:
    metrics = interrupted / "metrics.csv"
    content = metrics.read_bytes()
    metrics.write_bytes(content.replace(b"0,train,2.", b"0,train,3.", 1))
    assert metrics.read_bytes() != content
    assert refusal(interrupted).startswith(
        f"{metrics} has changed since the state was written: its checksum differs; restore it from a copy"
    )


def test_two_trainers_on_one_folder_are_one_too_many(interrupted: Path, whole: dict[str, bytes]) -> None:
    with locked(interrupted):
        assert refusal(interrupted).startswith(f"{interrupted} is being trained by process {os.getpid()} on ")
    resume(interrupted)
    assert contents(interrupted) == whole


def test_the_folder_is_free_again_after_a_failure(interrupted: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "begin", killed)
        with pytest.raises(KilledError):
            resume(interrupted)
    resume(interrupted)
    assert contents(interrupted) == whole


def test_an_imported_run_has_nothing_to_resume(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    assert refusal(run) == f"{run} was imported, not trained here; there is nothing to resume"


def test_a_task_of_a_mixture_leaves_the_weights_of_all_alone(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", task=Mixture(p=5))
    before = contents(run)
    task = by_task(open_run(run))["add"].path
    assert refusal(task).endswith(f"is one task of a mixture and shares its weights; go on with: mechgrok train --resume {run}")
    assert {name: data for name, data in contents(run).items() if name in before} == before


@pytest.mark.parametrize("name", ["execution.json", "config.json", "split.safetensors"])
def test_a_damaged_file_beside_the_state_is_named(name: str, interrupted: Path) -> None:
    (interrupted / name).write_bytes(b"{\xff")
    assert refusal(interrupted).startswith(str(interrupted / name))


def test_a_run_keeps_the_execution_that_it_began_with(tmp_path: Path) -> None:
    """The plain forward rounds otherwise: resumed with it, the bytes are those of a run that was plain throughout."""
    plain = contents(train(MADE, tmp_path / "plain", "plain").path)
    resume(begin(MADE, tmp_path / "run", "plain"), Interrupting(17))
    resume(tmp_path / "run")
    assert contents(tmp_path / "run") == plain


def test_a_resumed_run_does_not_depend_on_the_random_numbers_of_its_process(interrupted: Path, whole: dict[str, bytes]) -> None:
    torch.manual_seed(12345)
    resume(Run(interrupted))
    assert contents(interrupted) == whole


def test_a_finished_run_gets_its_lost_last_checkpoint_back(tmp_path: Path) -> None:
    run = begin(config(training__steps=6), tmp_path / "run")
    resume(run)
    last = run.path / "weights" / "00000006.safetensors"
    before = last.read_bytes()
    last.unlink()
    assert resume(run).step == 6
    assert last.read_bytes() == before


def test_what_a_killed_process_left_half_written_is_swept_away(tmp_path: Path) -> None:
    run = begin(config(training__steps=6), tmp_path / "run")
    (run.path / "weights").mkdir()
    left = [run.path / ".state.safetensors.4711", run.path / "weights" / ".00000003.safetensors.4711"]
    for path in left:
        path.write_bytes(b"half")
    resume(run)
    assert not any(path.exists() for path in left)
    assert (run.path / "state.safetensors").is_file()


@pytest.mark.parametrize(("entry", "kept"), [({}, True), ({"subnormals": "kept"}, True), ({"subnormals": "flushed"}, False)])
def test_subnormal_numbers_are_treated_as_when_the_run_began(entry: dict[str, str], kept: bool, tmp_path: Path) -> None:
    """Runs of versions before the setting have no entry."""
    run = begin(config(), tmp_path / "run")
    stored = json.loads((run.path / "execution.json").read_text())
    assert stored.pop("subnormals") == "flushed"
    (run.path / "execution.json").write_text(json.dumps(stored | entry))
    found = []

    class Computing(Unwatched):
        def at(self, step: int) -> None:
            found.append(bool(torch.finfo(torch.float32).tiny * torch.tensor([0.5]) > 0))

    resume(run.path, Computing())
    assert set(found) == {kept}
