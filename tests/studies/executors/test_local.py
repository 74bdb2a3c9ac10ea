"""Processes of this machine: they end when the sweep is interrupted, with their runs saved."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from trained_runs import config

from mechgrok.api.sweeping import unwatched
from mechgrok.studies import executors, running
from mechgrok.studies.cells import Cell
from mechgrok.studies.executors import Resources
from mechgrok.studies.job import Job
from mechgrok.studies.sweep import is_sweep, read_sweep
from mechgrok.training.execution import Execution


@pytest.mark.long
def test_an_interruption_saves_what_runs_and_leaves_no_process(tmp_path: Path) -> None:
    made = config(training__steps=100_000, training__evaluate_every=5, checkpoints__every=0)
    cells = [Cell(name, 0, {}, tmp_path / f"{name}-s0", 100_000) for name in "abc"]
    jobs = [Job((cell,), (made.model_dump_json(),), Execution("cpu", 1), unwatched) for cell in cells]

    def tick() -> None:
        if all(cell.step > 10 for cell in cells[:2]):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        running.run(jobs, lambda: executors.opened("local", Resources(workers=2)), tick)
    assert not [pid for cell in cells[:2] if is_alive(pid := int(json.loads(cell.note.read_bytes())["worker"].rpartition(":")[2]))]
    assert [cell.state for cell in cells] == ["interrupted", "interrupted", "waiting"]
    assert all((cell.saved_step or 0) > 10 for cell in cells[:2]), "the state is that of the interruption, not of the last checkpoint"


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


CODE = """
import sys
import mechgrok
tiny = {"task.p": 7, "model.d_model": 16, "model.heads": 2, "model.d_mlp": 24, "training.steps": 10**6, "training.evaluate_every": 5}
tiny |= {"checkpoints.every": 0, "checkpoints.log_spaced": 0}
mechgrok.sweep("demo", {"split.fraction": [0.4, 0.6]}, sys.argv[1], workers=1, log="quiet", **tiny)
"""


@pytest.mark.long
def test_a_worker_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(CODE)
    script = subprocess.Popen([sys.executable, tmp_path / "script.py", tmp_path / "out"])
    cell = wait_for(lambda: next((cell for cell in cells_of(tmp_path / "out") if cell.step > 10), None))
    script.kill()
    script.wait()
    wait_for(lambda: cell.state == "interrupted")
    assert (cell.saved_step or 0) > 10


def cells_of(out: Path) -> tuple[Cell, ...]:
    return read_sweep(out).cells if is_sweep(out) else ()


def wait_for(found, seconds: float = 120):
    """The first truth, which has to come within some time."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return value
