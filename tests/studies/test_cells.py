"""The state of a cell, from the files of its run."""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path

import pytest
from trained_runs import begin, config

from mechgrok.api.progress import Quiet
from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.locks.lock_file import LOCK
from mechgrok.runs.locks.locking import LockedError, is_locked, locked
from mechgrok.studies.cells import Cell
from mechgrok.studies.job import Job
from mechgrok.training import launch
from mechgrok.training.execution import Execution

MADE = config(training__steps=20, training__evaluate_every=5)


@contextlib.contextmanager
def quiet(run):
    yield Quiet()


def cell(folder: Path) -> Cell:
    return Cell("x", 0, {}, folder / "x-s0", 20)


def test_it_waits_is_interrupted_and_is_finished(tmp_path: Path) -> None:
    found = cell(tmp_path)
    assert (found.state, found.step) == ("waiting", 0)
    run = begin(MADE, found.path)
    assert (found.state, found.step) == ("interrupted", 0)
    launch.resume(run, Quiet())
    assert (found.state, found.step) == ("finished", 20)
    (found.path / store.STATE).unlink()
    assert found.state == "finished", "a copy without the state of the optimiser is not trained anew"


def test_it_runs_while_a_process_trains_it(tmp_path: Path) -> None:
    found = cell(tmp_path)
    begin(MADE, found.path)
    with locked(found.path):
        assert found.state == "running"
        with pytest.raises(LockedError):
            launch.resume(begin_again(found), Quiet())
    assert found.state == "interrupted"
    assert not is_locked(found.path)


def begin_again(found: Cell):
    from mechgrok.runs.run import open_run

    return open_run(found.path)


def test_a_look_at_the_lock_does_not_keep_a_training_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl
    import os

    from mechgrok.runs.locks import locking

    (tmp_path / LOCK).touch()
    descriptor = os.open(tmp_path / LOCK, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    monkeypatch.setattr(locking.time, "sleep", lambda seconds: os.close(descriptor) if seconds else None)
    with locked(tmp_path):
        assert is_locked(tmp_path)


def test_a_failure_is_one_line_and_goes_with_the_next_success(tmp_path: Path) -> None:
    found = cell(tmp_path)
    job = Job((found,), (MADE.model_dump_json(),), Execution("cpu", 1), quiet)
    job.fail("it broke\nin two lines", "a traceback")
    assert (found.state, found.failure) == ("failed", "it broke in two lines")
    assert found.failed.read_text().endswith("a traceback")
    job()
    assert (found.state, found.failure) == ("finished", "")


def test_a_failure_to_write_is_named_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "x-s0/state.safetensors")

    found = cell(tmp_path)
    monkeypatch.setattr(launch, "resume_all", full)
    Job((found,), (MADE.model_dump_json(),), Execution("cpu", 1), quiet)()
    assert found.failure == "x-s0/state.safetensors: No space left on device; make room on its disk, then repeat the command"


def test_a_job_trains_what_a_run_of_its_own_would_be(tmp_path: Path) -> None:
    from trained_runs import contents

    launch.resume(begin(MADE, tmp_path / "alone"), Quiet())
    job = Job((cell(tmp_path),), (MADE.model_dump_json(),), Execution("cpu", 1), quiet)
    job()
    job()
    assert contents(tmp_path / "x-s0") == contents(tmp_path / "alone")


def test_a_job_leaves_a_cell_to_the_process_that_trains_it(tmp_path: Path) -> None:
    found = cell(tmp_path)
    begin(MADE, found.path)
    with locked(found.path):
        Job((found,), (MADE.model_dump_json(),), Execution("cpu", 1), quiet)()
        assert found.state == "running"
    assert found.failure == ""


def test_what_a_job_raises_is_written(tmp_path: Path) -> None:
    found = cell(tmp_path)
    wrong = MADE.model_copy(update={"training": MADE.training.model_copy(update={"batch": 10**6})})
    Job((found,), (wrong.model_dump_json(),), Execution("cpu", 1), quiet)()
    assert found.state == "failed"
    assert found.failure.startswith("training.batch is 1000000, but the train split has")

    def broken(run):
        raise RuntimeError("no disk")

    Job((found,), (MADE.model_dump_json(),), Execution("cpu", 1), broken)()
    assert found.failure == "RuntimeError: no disk"
    assert "Traceback" in found.failed.read_text()


def test_a_run_that_another_process_begins_first_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, really = cell(tmp_path), launch.begin

    def late(*given, **named):
        really(*given, **named)
        raise UserError("exists already")

    monkeypatch.setattr(launch, "begin", late)
    Job((found,), (MADE.model_dump_json(),), Execution("cpu", 1), quiet)()
    assert found.state == "finished"


def test_the_last_step_is_that_of_the_last_whole_line(tmp_path: Path) -> None:
    found = cell(tmp_path)
    found.path.mkdir()
    table = found.path / "metrics.csv"
    for text, step in (
        ("", 0),
        ("step,split\n", 0),
        ("step,split\n5,train\n", 5),
        ("step,split\n" + "5,train\n" * 2000 + "10,train\n15", 10),
    ):
        table.write_text(text)
        assert found.step == step
