"""One process for each core trains runs of several seeds."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trained_runs
from trained_runs import Unwatched, config, contents, torch_settings_kept

from mechgrok.api.settings import seeded
from mechgrok.api.several import configs
from mechgrok.errors import UserError
from mechgrok.processes import pool as processes_pool
from mechgrok.runs.run import open_run
from mechgrok.training.execution import Execution
from mechgrok.training.loop import Ending
from mechgrok.training.stack import launch, plan, pool

MADE = config(training__batch=9, training__steps=30)
SEEDS = (0, 1, 5)


def begin(made: Any, out: Path) -> list[list[Path]]:
    with torch_settings_kept():
        runs = launch.begin(configs(made, SEEDS), out, Execution(device="cpu", threads=1))
    return [[run.path for run in group] for group in launch.together(runs)]


class Process:
    """Stands for a process: ends each run at once, or when it is interrupted."""

    def __init__(self, number: int) -> None:
        self.number, self.stopped = number, threading.Event()

    def call(self, call: bytes, heard: Callable[[Any], None]) -> pool.Endings:
        (runs,) = pickle.loads(call).args
        heard((1, None))
        if runs[0].name == "slow":
            self.stopped.wait(20)
            return {run: Ending(3, "interrupted", interrupted=True) for run in runs}
        if runs[0].name == "broken":
            raise UserError("its loss was lost")
        return {run: Ending(30, "that was the last step") for run in runs}

    def interrupt(self) -> None:
        self.stopped.set()

    def close(self) -> None: ...


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes_pool, "Process", Process)


@pytest.mark.usefixtures("processes")
def test_runs_share_the_processes_and_each_is_shown() -> None:
    shown: list[tuple[int, str]] = []

    def watch(process: int, name: str) -> Unwatched:
        shown.append((process, name))
        return Unwatched()

    jobs = [[Path("seed-0"), Path("seed-1"), Path("seed-2")], *([Path(f"seed-{seed}")] for seed in range(3, 7))]
    endings = pool.resume(jobs, watch, processes=2)
    assert endings == {Path(f"seed-{seed}"): Ending(30, "that was the last step") for seed in range(7)}
    assert {name for _, name in shown} == {"seed-0 and 2 more", "seed-3", "seed-4", "seed-5", "seed-6"}
    assert {process for process, _ in shown} <= {0, 1}


@pytest.mark.usefixtures("processes")
def test_a_run_that_fails_leaves_the_others_alone() -> None:
    with pytest.raises(UserError, match=r"^broken: its loss was lost$"):
        pool.resume([[Path("broken")], [Path("seed-1")]], lambda *_: Unwatched(), processes=1)


@pytest.mark.usefixtures("processes")
def test_ctrl_c_begins_no_further_run() -> None:
    class Pressing(Unwatched):
        def at(self, step: int) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    endings = pool.resume([[Path("slow")], [Path("seed-1")], [Path("seed-2")]], lambda *_: Pressing(), processes=1)
    assert endings == {Path("slow"): Ending(3, "interrupted", interrupted=True)}


@contextmanager
def _interrupted_when(metrics: Path) -> Iterator[None]:
    """Sends Ctrl-C to this process once a run has recorded some evaluations."""

    def press() -> None:
        while not (metrics.exists() and metrics.stat().st_size > 500):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    yield
    presser.join()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the runs, each trained alone in this process."""
    out = tmp_path_factory.mktemp("whole")
    for seed in SEEDS:
        trained_runs.train(seeded(MADE, seed), out / f"seed-{seed}")
    return contents(out)


@pytest.fixture
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs as small as these are not stacked."""
    monkeypatch.setattr(plan, "SMALL", 0)


@pytest.mark.usefixtures("_apart")
@pytest.mark.long
def test_the_runs_are_those_of_single_threads_byte_for_byte(whole: dict[str, bytes], tmp_path: Path) -> None:
    endings = pool.resume(begin(MADE, tmp_path), lambda *_: Unwatched(), processes=2)
    assert {ending.step for ending in endings.values()} == {30}
    assert contents(tmp_path) == whole


@pytest.mark.usefixtures("_apart")
@pytest.mark.long
def test_an_interrupted_pool_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    made = config(training__batch=9, training__steps=600, training__evaluate_every=20, checkpoints__every=100)
    runs = begin(made, tmp_path / "runs")
    with _interrupted_when(runs[0][0] / "metrics.csv"):
        endings = pool.resume(runs, lambda *_: Unwatched(), processes=2)
    assert any(ending.interrupted and ending.step < 600 for ending in endings.values())
    pool.resume(runs, lambda *_: Unwatched(), processes=2)
    for seed in SEEDS:
        trained_runs.train(seeded(made, seed), tmp_path / "alone" / f"seed-{seed}")
    assert contents(tmp_path / "runs") == contents(tmp_path / "alone")


@pytest.mark.long
def test_stacks_in_processes_are_those_of_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs in one stack and one in another, byte for byte."""
    monkeypatch.setattr(plan, "cores", lambda: 2)
    jobs = begin(MADE, tmp_path / "runs")
    assert [[run.name for run in job] for job in jobs] == [["seed-0", "seed-5"], ["seed-1"]]
    pool.resume(jobs, lambda *_: Unwatched(), processes=2)
    for job in begin(MADE, tmp_path / "here"):
        with torch_settings_kept():
            launch.resume([open_run(run) for run in job], Unwatched())
    assert contents(tmp_path / "runs") == contents(tmp_path / "here")
