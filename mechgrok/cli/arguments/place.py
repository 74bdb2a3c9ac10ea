"""The flags that say where the runs of a sweep or a study are trained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from mechgrok.cli import train
from mechgrok.errors import UserError
from mechgrok.processes import cores

if TYPE_CHECKING:
    from mechgrok.api.progress import Log
    from mechgrok.studies.executors import Resources
    from mechgrok.studies.job import Watch
    from mechgrok.training.execution import Execution


@dataclass(frozen=True)
class Place:
    """Where runs are trained, and how many at the same time."""

    executor: Literal["local", "slurm", "dask"] = "local"
    """local: processes of this machine; slurm: an array of jobs, through submitit; dask: the workers of a Dask scheduler."""
    workers: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """The most jobs that run at the same time; 0 for one a core, or as many as the cluster gives."""
    scheduler: Annotated[str, tyro.conf.arg(metavar="ADDRESS")] = ""
    """The Dask scheduler, such as tcp://127.0.0.1:8786; each of its workers should have one thread."""
    minutes: Annotated[int, tyro.conf.arg(metavar="N")] = 60
    """The time limit of a job of Slurm, after which it is queued again and goes on."""
    slurm: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A further parameter of jobs of Slurm, such as partition=cpu or mem=2G; may be given several times."""
    device: str = "auto"
    """cpu, cuda, cuda:1, ...; by default a GPU if there is one."""
    threads: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """CPU threads of each job."""
    forward: Literal["fast", "plain"] = "fast"
    """As in mechgrok train."""
    log: train.Log = "auto"
    """As in mechgrok train; wandb: the runs are grouped by the folder of all of them."""

    @property
    def execution(self) -> Execution:
        """The options of execution of each run."""
        from mechgrok.training.execution import Execution

        return Execution(self.device, self.threads, self.forward)

    @property
    def cores(self) -> int:
        """The number of jobs of this machine that run at the same time; 0 elsewhere."""
        return (self.workers or cores()) if self.executor == "local" else 0

    @property
    def shown(self) -> Log:
        """How the progress of all runs is shown."""
        return "auto" if self.log == "wandb" else self.log

    def watch(self, group: str) -> Watch:
        """The watcher of each run. Raises UserError where it needs a package that is not installed."""
        from mechgrok.api.sweeping import unwatched
        from mechgrok.cli.wandb_copy import copying

        train.need_package(self.log)
        return partial(copying, group=group) if self.log == "wandb" else unwatched

    def resources(self, out: Path) -> Resources:
        """What the executor may use for runs in a folder. Raises UserError for a parameter without a value."""
        from mechgrok.studies.cells import NOTES
        from mechgrok.studies.executors import Resources

        wrong = [each for each in self.slurm if not all(each.partition("="))]
        if wrong:
            raise UserError(f"--slurm {wrong[0]}: give a parameter and its value, as in --slurm partition=cpu")
        parameters = {name: value for name, _, value in (each.partition("=") for each in self.slurm)}
        return Resources(self.workers, self.minutes, self.scheduler, parameters, out / NOTES / "slurm")

    def kept(self, out: Path) -> str:
        """What an interruption of the runs in a folder leaves, for a terminal."""
        from mechgrok.studies.status import counts
        from mechgrok.studies.sweep import read_sweep

        cluster = f"; jobs of the cluster go on: mechgrok sweep status {out}" if self.executor == "slurm" else ""
        return f"{counts([cell.state for cell in read_sweep(out).cells])}; all steps are kept, and the same command goes on{cluster}"
