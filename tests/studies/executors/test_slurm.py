"""The executor of a Slurm cluster: what it submits, what it refuses, and that a job goes on after its time limit."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from trained_runs import begin, config, contents

from mechgrok.api.progress import Quiet
from mechgrok.api.sweeping import unwatched
from mechgrok.errors import UserError
from mechgrok.runs.run import open_run
from mechgrok.studies import executors, running
from mechgrok.studies.cells import Cell
from mechgrok.studies.executors import Resources, slurm
from mechgrok.studies.job import Job
from mechgrok.training import launch
from mechgrok.training.execution import Execution


def jobs(folder: Path, count: int, steps: int = 20) -> list[Job]:
    cells = [Cell(f"x{number}", 0, {}, folder / f"x{number}-s0", steps) for number in range(count)]
    made = [config(model__seed=number, training__steps=steps, training__evaluate_every=5) for number in range(count)]
    return [Job((cell,), (each.model_dump_json(),), Execution("cpu", 1), unwatched) for cell, each in zip(cells, made, strict=True)]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands of Slurm that keep what they are given."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, text in {"srun": "", "sbatch": f"cat $1 > {tmp_path}/submitted; echo Submitted batch job 12"}.items():
        (commands / name).write_text(f"#!/bin/sh\n{text}\n")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(commands), prepend=":")
    return tmp_path


def test_the_cells_are_one_array_with_a_time_limit_and_a_signal_before_it(cluster: Path) -> None:
    with slurm.opened(Resources(workers=2, minutes=90, parameters={"partition": "cpu"}, logs=cluster / "logs")) as executor:
        futures = running._submitted(jobs(cluster, 3), executor)
    assert [future.job_id for future in futures.values()] == ["12_0", "12_1", "12_2"]
    options = [line for line in (cluster / "submitted").read_text().splitlines() if line.startswith("#SBATCH")]
    wanted = ["array=0-2%2", "time=90", "partition=cpu", "cpus-per-task=1", "signal=USR2@90", "open-mode=append"]
    assert [each for each in wanted if f"#SBATCH --{each}" not in options] == []


def test_without_slurm_it_names_the_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"there is no srun here.*--print-jobs"):
        executors.check("slurm", Resources())


def test_an_unknown_parameter_is_refused_in_one_line(cluster: Path) -> None:
    with pytest.raises(UserError, match=r"^--slurm: Unknown argument 'partitoin'.*") as refused:
        executors.check("slurm", Resources(parameters={"partitoin": "cpu"}, logs=cluster))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("name", "package"), [("slurm", "submitit"), ("dask", "distributed")])
def test_without_its_package_it_names_the_extra(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"mechgrok.studies.executors.{name}", raising=False)
    with pytest.raises(UserError) as refused:
        executors.check(name, Resources())
    assert str(refused.value) == f"the executor {name} needs the package {package}; install mechgrok[{name}], or use local"


@pytest.mark.long
def test_a_batch_of_jobs_runs(tmp_path: Path) -> None:
    given = jobs(tmp_path, 2)
    running.run(given, lambda: nullcontext(slurm.array(Resources(logs=tmp_path / "logs"), "local")), lambda: None)
    assert [job.cells[0].state for job in given] == ["finished", "finished"]


@pytest.mark.long
def test_a_job_that_reaches_its_time_limit_is_queued_again_and_goes_on(tmp_path: Path) -> None:
    (job,) = jobs(tmp_path / "limited", 1, steps=400)
    executor = slurm.array(Resources(minutes=10, logs=tmp_path / "logs"), "local")
    future = executor.submit(job)
    while job.cells[0].step < 30:
        assert not future.done()
        time.sleep(0.01)
    first = job.cells[0].note.read_bytes()
    assert job.cells[0].state == "running"
    # The signal that a cluster sends before the time limit.
    os.kill(int(json.loads(first)["worker"].rpartition(":")[2]), signal.SIGUSR2)
    future.result()
    assert job.cells[0].state == "finished"
    assert job.cells[0].note.read_bytes() != first, "a second process went on"
    launch.resume(begin(open_run(job.cells[0].path).config, tmp_path / "alone"), Quiet())
    assert contents(job.cells[0].path) == contents(tmp_path / "alone")
