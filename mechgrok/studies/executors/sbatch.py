"""A script for sbatch: an array with a task for each cell, for those who submit by hand. It needs mechgrok and bash alone."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from mechgrok.studies.executors import Resources
from mechgrok.studies.job import Job
from mechgrok.studies.sweep import Sweep

FUNCTION = """# Trains a run: mechgrok train WORDS, or what is left of it after a time limit or a kill.
cell() {
    local run=$1
    shift
    if [ -e "$run/config.json" ]; then exec mechgrok train --resume "$run" --log lines; fi
    exec mechgrok train "$@" --out "$run" --log lines
}
"""


def script(sweep: Sweep, jobs: Sequence[Job], resources: Resources) -> str:
    """The script for the cells of some jobs."""
    logs = resources.logs / "%A_%a.txt"
    limit = f"%{resources.workers}" if resources.workers else ""
    options = {
        "job-name": sweep.out.name,
        "array": f"0-{len(jobs) - 1}{limit}",
        "time": resources.minutes,
        "cpus-per-task": 1,
        "output": logs,
        "open-mode": "append",
        "requeue": None,
        **{name.replace("_", "-"): value for name, value in resources.parameters.items()},
    }
    head = [f"#SBATCH --{name}" + ("" if value is None else f"={value}") for name, value in options.items()]
    tasks = [f"{number}) cell {_words(sweep, job)} ;;" for number, job in enumerate(jobs)]
    return "\n".join(["#!/bin/bash", *head, "", FUNCTION, "case $SLURM_ARRAY_TASK_ID in", *tasks, "esac", ""])


def _words(sweep: Sweep, job: Job) -> str:
    """The folder of a cell, and the words after `mechgrok train`."""
    commands = {trial.name: trial.command for trial in sweep.trials}
    (cell,) = job.cells
    _, *words = (word.format(seed=cell.seed) for word in shlex.split(commands[cell.trial]))
    execution = ["--device", job.execution.device, "--threads", str(job.execution.threads), "--forward", job.execution.forward]
    return shlex.join([str(cell.path), *words, *execution])
