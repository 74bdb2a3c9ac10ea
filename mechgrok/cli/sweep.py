"""mechgrok sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from mechgrok.cli import flags, train
from mechgrok.cli.interruption import interruptible
from mechgrok.errors import UserError
from mechgrok.studies.sweep_file import SweepFile, read_file

if TYPE_CHECKING:
    from mechgrok.api.sweep_plan import Plan
    from mechgrok.config import Config
    from mechgrok.studies.axes import Axes
    from mechgrok.studies.executors import Resources
    from mechgrok.studies.job import Job, Watch
    from mechgrok.studies.sweep import Sweep

USAGE = """usage: mechgrok sweep PRESET --grid PATH=V1,V2 [--grid ...] [--seeds 0-4] [--out OUT] [--split.fraction 0.3 ...]
       mechgrok sweep FILE.toml [the same flags]
       mechgrok sweep status OUT

Trains a preset over a grid of values and seeds. Each cell is an ordinary run in a folder of its own in OUT. The same command again
keeps finished cells and goes on with the others; failed ones are tried again with --retry. All flags of mechgrok train PRESET can be given.
mechgrok sweep PRESET --help lists the flags of a sweep.

  six runs                       mechgrok sweep demo --grid optimizer.weight_decay=1,2 --seeds 0-2 --out checkpoints/decays
  how long they will take        mechgrok sweep demo --grid optimizer.weight_decay=1,2 --seeds 0-2 --out checkpoints/decays --dry
  how far they are               mechgrok sweep status checkpoints/decays

presets:"""


@dataclass(frozen=True)
class Work:
    """Trains a preset over a grid of values and seeds. Flags of mechgrok train PRESET hold for all cells."""

    grid: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """An axis: a path of the config and its values, split.fraction=.2,.3,.4; may be given several times."""
    seeds: str = "0"
    """Seeds of initial weights, split and batches together: 0-4, or 0,3,7."""
    out: Path | None = None
    """The folder of all runs; by default checkpoints/PRESET-sweep."""
    executor: Literal["local", "slurm", "dask"] = "local"
    """local: processes of this machine; slurm: an array of jobs, through submitit; dask: the workers of a Dask scheduler."""
    workers: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """The most cells that are trained at the same time; 0 for one a core, or as many as the cluster gives."""
    scheduler: Annotated[str, tyro.conf.arg(metavar="ADDRESS")] = ""
    """The Dask scheduler, such as tcp://127.0.0.1:8786; each of its workers should have one thread."""
    minutes: Annotated[int, tyro.conf.arg(metavar="N")] = 60
    """The time limit of a job of Slurm, after which it is queued again and goes on."""
    slurm: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A further parameter of jobs of Slurm, such as partition=cpu or mem=2G; may be given several times."""
    print_jobs: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Print a script for sbatch, an array of the cells that are left, and train nothing."""
    retry: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Try failed cells again."""
    dry: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Print the cells, their expected time and disk, and train nothing."""
    device: str = "auto"
    """cpu, cuda, cuda:1, ...; by default a GPU if there is one."""
    threads: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """CPU threads of each cell."""
    forward: Literal["fast", "plain"] = "fast"
    """As in mechgrok train."""
    log: train.Log = "auto"
    """As in mechgrok train; wandb: the runs are grouped by sweep."""


def main(arguments: list[str]) -> int:
    """Trains a sweep, or prints how far it is; the exit status is 1 where a cell failed, 130 after Ctrl-C."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, *train.preset_lines(), sep="\n")
        return 0
    if arguments[0] == "status":
        return flags.call(_status, arguments[1:], "sweep status")
    asked, planned = parsed(arguments)
    command = _dry if asked.dry else _print_jobs if asked.print_jobs else _train
    return command(planned, asked)


def parsed(arguments: list[str]) -> tuple[Work, Plan]:
    """The flags of the command, and its cells. Raises UserError."""
    name, *rest = arguments
    found = read_file(Path(name)) if name.endswith(".toml") else SweepFile(name)
    asked, words = flags.parse_known(Work, [*found.words, *rest], f"sweep {name}")
    return asked, _plan(found, asked, words)


def _status(out: Annotated[Path, tyro.conf.Positional]) -> int:
    """Prints how far a sweep is: a line for each worker and for each failure.

    Args:
        out: The folder of the sweep.
    """
    from mechgrok.studies.status import lines
    from mechgrok.studies.sweep import read_sweep

    print(*lines(read_sweep(out)), sep="\n")
    return 0


def _plan(found: SweepFile, asked: Work, words: Sequence[str]) -> Plan:
    from mechgrok.api.sweep_plan import plan
    from mechgrok.studies import axes

    if any(word.partition("=")[0] == "--seed" for word in words):
        raise UserError("a sweep has --seeds, such as --seeds 0-4, instead of --seed")
    train.preset(found.preset, ["--help"])
    grid: Axes = {**found.grid, **dict(map(axes.axis, asked.grid))}
    out = asked.out or Path("checkpoints", f"{found.preset}-sweep")
    return plan(found.preset, words, grid, lambda seed: _config(found.preset, words, seed), axes.seeds(asked.seeds), out)


def _config(preset: str, words: Sequence[str], seed: int) -> Config:
    return train.chosen(train.parsed(preset, [*words, "--seed", str(seed)]))


def _dry(planned: Plan, asked: Work) -> int:
    from mechgrok.api.sweep_estimate import estimate_lines

    print(*estimate_lines(planned, asked.device, asked.workers), sep="\n")
    return 0


def _jobs(planned: Plan, asked: Work) -> list[Job]:
    from mechgrok.training.execution import Execution

    execution = Execution(asked.device, asked.threads, asked.forward)
    return planned.jobs(execution, _watch(asked.log, planned.sweep.out.name), retry=asked.retry)


def _resources(planned: Plan, asked: Work) -> Resources:
    """Raises UserError for a parameter without a value."""
    from mechgrok.studies.cells import NOTES
    from mechgrok.studies.executors import Resources

    wrong = [each for each in asked.slurm if not all(each.partition("="))]
    if wrong:
        raise UserError(f"--slurm {wrong[0]}: give a parameter and its value, as in --slurm partition=cpu")
    parameters = {name: value for name, _, value in (each.partition("=") for each in asked.slurm)}
    return Resources(asked.workers, asked.minutes, asked.scheduler, parameters, planned.sweep.out / NOTES / "slurm")


def _print_jobs(planned: Plan, asked: Work) -> int:
    """Prints the script, and writes what mechgrok sweep status reads. sbatch needs the folder of its logs."""
    from mechgrok.studies.executors.sbatch import script

    jobs, resources = _jobs(planned, asked), _resources(planned, asked)
    if not jobs:
        raise UserError("no cell is left: all are finished or running, or have failed (--retry)")
    planned.sweep.write()
    resources.logs.mkdir(parents=True, exist_ok=True)
    print(script(planned.sweep, jobs, resources), end="")
    return 0


def _train(planned: Plan, asked: Work) -> int:
    from mechgrok.api.sweeping import opened_by_name, train_cells
    from mechgrok.studies.sweep import read_sweep

    train.need_package(asked.log)
    jobs = _jobs(planned, asked)
    opened = opened_by_name(asked.executor, _resources(planned, asked))
    with interruptible(lambda: _kept(planned.sweep, asked.executor)):
        train_cells(planned, jobs, opened, "auto" if asked.log == "wandb" else asked.log)
    return _ended(read_sweep(planned.sweep.out))


def _watch(log: train.Log, group: str) -> Watch:
    """The watcher of each cell."""
    from functools import partial

    from mechgrok.api.sweeping import unwatched
    from mechgrok.cli.wandb_copy import copying

    return partial(copying, group=group) if log == "wandb" else unwatched


def _kept(sweep: Sweep, executor: str) -> str:
    from mechgrok.studies.status import counts

    cluster = f"; jobs of the cluster go on: mechgrok sweep status {sweep.out}" if executor == "slurm" else ""
    return f"{counts([cell.state for cell in sweep.cells])}; all steps are kept, and the same command goes on{cluster}"


def _ended(sweep: Sweep) -> int:
    """Prints how the cells ended, and when they grokked."""
    from mechgrok.studies.status import counts, failures
    from mechgrok.studies.table import markdown

    states = [cell.state for cell in sweep.cells]
    print(f"{counts(states)}: {sweep.out}", *failures(sweep.cells), sep="\n")
    if "failed" in states:
        print("failed cells are tried again with --retry")
    if any((run.metrics["split"] == "test").any() for run in sweep.trained.runs.values()):
        print("", "steps to test accuracy .99, by seed", "", markdown(sweep.trained), sep="\n")
    return 0 if set(states) == {"finished"} else 1
