"""Commands that are killed, or fail, at operations by which they write, and are given again: all files are as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest
from crashes import Harness, torture
from jobs import JOBS, Job
from kept import broken

from mechgrok.runs import store

SHORT = ("extract", "record")
CASES = [pytest.param(job, id=job.name, marks=() if job.name in SHORT else pytest.mark.long) for job in JOBS]


@pytest.mark.parametrize("job", CASES)
def test_a_disturbed_command_is_completed_to_the_same_bytes(job: Job, tmp_path: Path) -> None:
    harness = Harness(job, tmp_path / job.name)
    assert harness.operations >= 4
    assert torture(harness, faults=1 if job.name in SHORT else 3, kills=1, seed=0).wrong == []


def test_the_harness_notices_what_is_left_behind_and_what_differs(tmp_path: Path) -> None:
    harness = Harness(next(job for job in JOBS if job.name == "report"), tmp_path / "report")
    work = harness._copy()
    (work / "run" / ".index.html.1-2").write_bytes(b"")
    assert "left behind ['run/.index.html.1-2']" in harness._difference(work)
    (work / "run" / ".index.html.1-2").unlink()
    (work / "run" / "report").mkdir(exist_ok=True)
    (work / "run" / "report" / "index.html").write_bytes(b"half")
    assert harness._difference(work).startswith("other bytes in ['run/report/index.html'")


def _state(step: int) -> bytes:
    return store.tensor_bytes({}, {"step": str(step)})


def test_what_is_half_or_lost_is_noticed() -> None:
    expected = {"run/weights/00000000.safetensors": b"ab", "run/weights/00000010.safetensors": b"cd", "run/metrics.csv": b"0\n10\n"}
    early = {"run/weights/00000000.safetensors": b"ab", "run/metrics.csv": b"0\n1", "run/state.safetensors": _state(0)}
    assert broken(early, expected) == ""
    assert broken(early | {"run/weights/00000000.safetensors": b"a"}, expected) == "wrong or half: run/weights/00000000.safetensors"
    assert broken(early | {"run/metrics.csv": b"0\n5"}, expected) == "other rows in run/metrics.csv"
    assert broken(early | {"run/state.safetensors": _state(10)}, expected) == "lost: run/weights/00000010.safetensors"
