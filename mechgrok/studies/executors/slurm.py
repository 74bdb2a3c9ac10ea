"""Jobs of a Slurm cluster, submitted as one array through submitit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import submitit

from mechgrok.errors import UserError
from mechgrok.studies.executors import Resources

TIMEOUTS = 1000
"""A job is queued again after so many time limits at most; submitit's own bound of 3 would end long cells."""
MOST_AT_ONCE = 256


def require(resources: Resources) -> None:
    """Raises UserError where Slurm is not at hand, or does not take a parameter."""
    if shutil.which("srun") is None:
        raise UserError("there is no srun here; start the sweep on a node of the cluster, or write a script for it with --print-jobs")
    array(resources, "slurm")


@contextmanager
def opened(resources: Resources) -> Iterator[submitit.AutoExecutor]:
    """An executor whose batches are job arrays. Jobs that were submitted stay with the cluster when the block ends."""
    yield array(resources, "slurm")


def array(resources: Resources, cluster: Literal["slurm", "local"]) -> submitit.AutoExecutor:
    """submitit's executor. At the time limit a job is queued again, and goes on from the newest state of its run."""
    limits: dict[str, Any] = {f"{cluster}_max_num_timeout": TIMEOUTS}
    executor = submitit.AutoExecutor(folder=resources.logs / "%j", cluster=cluster, **limits)
    own = {f"slurm_{name}": value for name, value in resources.parameters.items()}
    at_once = {"slurm_array_parallelism": resources.workers or MOST_AT_ONCE}
    try:
        executor.update_parameters(name="mechgrok", timeout_min=resources.minutes, cpus_per_task=1, **at_once, **own)
    except (NameError, ValueError) as error:
        raise UserError(f"--slurm: {str(error).splitlines()[0]}") from None
    return executor
