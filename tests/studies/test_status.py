"""The lines of mechgrok sweep status: counts, a line for each worker with its speed, the time to go, failures."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from trained_runs import begin, config

from mechgrok.runs import store
from mechgrok.runs.locks.locking import locked
from mechgrok.studies.cells import Cell
from mechgrok.studies.status import duration, lines
from mechgrok.studies.sweep import Sweep, read_sweep

STEPS = 1000


def sweep(folder: Path, *names: str) -> Sweep:
    made = Sweep(folder, "demo", {}, (), tuple(Cell(name, 0, {}, folder / f"{name}-s0", STEPS) for name in names))
    made.write()
    return read_sweep(folder)


def running(cell: Cell, *, since: int, first: int, now: int, step: int) -> None:
    """The files of a cell that a worker took at a time and a step, and that was evaluated last at another."""
    begin(config(), cell.path)
    cell.note.write_text(json.dumps({"worker": "host:17", "since": since, "step": first}))
    table = cell.path / "metrics.csv"
    table.write_text(f"step,split,loss,accuracy\n{step},train,1.0,0.1\n")
    os.utime(table, (now, now))


def test_speed_and_time_to_go_are_those_since_the_worker_took_the_cell(tmp_path: Path) -> None:
    """200 steps in 50 s are 4 steps a second: 600 steps of the cell and 1000 of the other are left for one worker, 400 s."""
    found = sweep(tmp_path, "a", "b")
    running(found.cells[0], since=1000, first=200, now=1050, step=400)
    with locked(found.cells[0].path):
        assert lines(found) == [
            "0 of 2 cells are finished, 1 running, 1 waiting; about 7 min to go",
            "  host:17  a-s0  step 400/1000  4.0 steps/s  2 min to go",
        ]
    assert lines(found) == ["0 of 2 cells are finished, 1 interrupted, 1 waiting"]


def test_workers_share_what_is_left(tmp_path: Path) -> None:
    found = sweep(tmp_path, "a", "b")
    for cell in found.cells:
        running(cell, since=1000, first=0, now=1060, step=600)
    with locked(found.cells[0].path), locked(found.cells[1].path):
        assert lines(found)[0] == "0 of 2 cells are finished, 2 running; about 40 s to go"


def test_a_run_of_a_hand_made_job_has_a_line_without_a_speed(tmp_path: Path) -> None:
    found = sweep(tmp_path, "a")
    begin(config(), found.cells[0].path)
    with locked(found.cells[0].path):
        assert lines(found) == ["0 of 1 cells are finished, 1 running", "  another process  a-s0  step 0/1000"]


def test_failures_have_their_reason(tmp_path: Path) -> None:
    found = sweep(tmp_path, "a", "b")
    store.write(found.cells[1].failed, b"too large\n", durable=False)
    assert lines(found) == ["0 of 2 cells are finished, 1 waiting, 1 failed", "  failed  b-s0: too large"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2.0 h"), (100_000, "27.8 h")]
)
def test_a_duration_in_words(seconds: float, text: str) -> None:
    assert duration(seconds) == text
