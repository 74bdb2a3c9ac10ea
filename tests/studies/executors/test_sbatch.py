"""The script for sbatch, run by bash as Slurm does: a task for each cell, its ordinary command, and the same on a second start."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from mechgrok.api.settings import changed, preset, seeded
from mechgrok.api.sweep_plan import Plan, plan
from mechgrok.api.sweeping import unwatched
from mechgrok.cli.arguments.study_plan import planned_config
from mechgrok.studies.executors import Resources
from mechgrok.studies.executors.sbatch import script
from mechgrok.training.execution import Execution

STAND_IN = "#!/usr/bin/env python3\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n"
"""A mechgrok that prints its words."""


@pytest.fixture
def planned(tmp_path: Path) -> Plan:
    values = {"task.p": 7, "task.layout": "a b ="}
    words = ["--task.p", "7", "--task.layout", "a b ="]
    axes = {"split.fraction": (0.4, 0.6), "task.operation": ("add", "a^2+b")}
    return plan("demo", words, axes, lambda seed: changed(seeded(preset("demo"), seed), values), (1, 2), tmp_path / "out of the way")


def run(text: str, task: int, folder: Path) -> list[str]:
    """The words that a task gives to mechgrok."""
    program = folder / "bin" / "mechgrok"
    program.parent.mkdir(exist_ok=True)
    program.write_text(STAND_IN)
    program.chmod(0o755)
    env = os.environ | {"SLURM_ARRAY_TASK_ID": str(task), "PATH": f"{program.parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", text], env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.long
def test_each_task_trains_its_cell(planned: Plan, tmp_path: Path) -> None:
    text = script(planned.sweep, planned.jobs(Execution("cpu", 1), unwatched, retry=False), Resources())
    assert len(planned.configs) == 8
    for task, (cell, config) in enumerate(zip(planned.sweep.cells, planned.configs, strict=True)):
        words = run(text, task, tmp_path)
        assert planned_config(words) == config
        assert words[words.index("--out") + 1] == str(cell.path)
        assert words[words.index("--threads") + 1] == "1"


def test_a_task_that_starts_again_resumes_its_run(planned: Plan, tmp_path: Path) -> None:
    text = script(planned.sweep, planned.jobs(Execution("cpu", 1), unwatched, retry=False), Resources())
    begun = planned.sweep.cells[3].path
    begun.mkdir(parents=True)
    (begun / "config.json").write_text("{}")
    assert run(text, 3, tmp_path) == ["train", "--resume", str(begun), "--log", "lines"]


def test_its_options(planned: Plan, tmp_path: Path) -> None:
    jobs = planned.jobs(Execution("cpu", 1), unwatched, retry=False)[:3]
    text = script(
        planned.sweep, jobs, Resources(workers=2, minutes=90, parameters={"partition": "cpu", "mem_per_cpu": "2G"}, logs=tmp_path)
    )
    options = {line.removeprefix("#SBATCH --") for line in text.splitlines() if line.startswith("#SBATCH")}
    assert {"array=0-2%2", "time=90", "requeue", "open-mode=append", "partition=cpu", "mem-per-cpu=2G"} <= options
    assert f"output={tmp_path}/%A_%a.txt" in options
