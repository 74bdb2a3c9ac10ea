"""A sweep on each executor of one machine, with a worker killed in the middle: all cells finish, none twice, with the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inline_executor import Inline
from killed_worker import killing
from trained_runs import contents, torch_settings_kept

import mechgrok
from mechgrok.studies.executors import Resources, dask, slurm
from mechgrok.studies.sweep import Sweep
from mechgrok.studies.table import markdown

pytestmark = pytest.mark.long

GRID = {"split.fraction": [0.3, 0.5, 0.7], "optimizer.weight_decay": [0.5, 2.0]}
SMALL = {
    "task.p": 31,
    "model.d_model": 32,
    "model.d_mlp": 64,
    "training.steps": 100,
    "training.evaluate_every": 10,
    "checkpoints.every": 20,
    "checkpoints.log_spaced": 0,
}


def train(out: Path, executor: Any) -> Sweep:
    return mechgrok.sweep("demo", GRID, out, seeds=range(3), executor=executor, workers=2, device="cpu", log="quiet", **SMALL)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """The sweep in one process that nobody kills."""
    with torch_settings_kept():
        return train(tmp_path_factory.mktemp("whole") / "out", Inline())


@contextmanager
def local(folder: Path) -> Iterator[str]:
    yield "local"


@contextmanager
def submitit(folder: Path) -> Iterator[Any]:
    """Its local executor, which starts a process for each job, two at a time here."""
    import time

    array = slurm.array(Resources(minutes=10, logs=folder / "logs"), "local")
    submit, jobs = array.submit, []

    def two_at_a_time(*words: Any, **named: Any) -> Any:
        while sum(not job.done() for job in jobs) >= 2:
            time.sleep(0.02)
        jobs.append(submit(*words, **named))
        return jobs[-1]

    array.submit, array.batch = two_at_a_time, nullcontext
    yield array


@contextmanager
def scheduler(folder: Path) -> Iterator[Any]:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        dask.opened(Resources(address=cluster.scheduler_address)) as client,
    ):
        yield client


@pytest.mark.parametrize("executor", [local, submitit, scheduler])
def test_all_cells_finish_once_with_the_same_numbers(executor: Callable, whole: Sweep, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with executor(tmp_path) as given, killing(out, step=20) as killed:
        found = train(out, given)
    assert len(killed) == 1
    assert [(cell.name, cell.state) for cell in found.cells] == [(cell.name, "finished") for cell in whole.cells]
    assert len(found.cells) == len(list(out.glob("*/config.json"))) == 18
    for cell in whole.cells:
        assert contents(out / cell.name) == contents(cell.path), cell.name
    pd.testing.assert_frame_equal(found.frame().drop(columns="path"), whole.frame().drop(columns="path"))
    assert markdown(found.trained) == markdown(whole.trained)


def test_no_step_is_recorded_twice(whole: Sweep) -> None:
    for cell in whole.cells:
        rows = mechgrok.open_run(cell.path).metrics
        assert rows["step"].tolist() == [step for step in range(0, 101, 10) for _ in range(2)]
