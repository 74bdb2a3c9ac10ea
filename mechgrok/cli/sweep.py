"""mechgrok sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from mechgrok.cli import flags, train
from mechgrok.cli.arguments.place import Place
from mechgrok.cli.output.interruption import interruptible
from mechgrok.errors import UserError
from mechgrok.studies.sweep_file import SweepFile, read_file

if TYPE_CHECKING:
    from mechgrok.api.sweep_plan import Plan
    from mechgrok.config import Config
    from mechgrok.studies.axes import Axes
    from mechgrok.studies.job import Job
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
    print_jobs: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Print a script for sbatch, an array of the cells that are left, and train nothing."""
    retry: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Try failed cells again."""
    dry: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Print the cells, their expected time and disk, and train nothing."""
    place: Annotated[Place, tyro.conf.arg(name="")] = field(default_factory=Place)
    """Where the cells are trained."""


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
    from mechgrok.api import several
    from mechgrok.api.sweep_plan import plan
    from mechgrok.studies import axes

    if any(word.partition("=")[0] == "--seed" for word in words):
        raise UserError("a sweep has --seeds, such as --seeds 0-4, instead of --seed")
    train.preset(found.preset, ["--help"])
    grid: Axes = {**found.grid, **dict(map(axes.axis, asked.grid))}
    out = asked.out or Path("checkpoints", f"{found.preset}-sweep")
    return plan(found.preset, words, grid, lambda seed: _config(found.preset, words, seed), several.seeds_in(asked.seeds), out)


def _config(preset: str, words: Sequence[str], seed: int) -> Config:
    return train.chosen(train.parsed(preset, [*words, "--seed", str(seed)]))


def _dry(planned: Plan, asked: Work) -> int:
    from mechgrok.api.sweep_estimate import estimate_lines

    print(*estimate_lines(planned, asked.place.device, asked.place.workers), sep="\n")
    return 0


def _jobs(planned: Plan, asked: Work) -> list[Job]:
    """The jobs that are left. Seeds are stacked where nothing needs each run alone: a script, or a copy to wandb."""
    alone, place = asked.print_jobs or asked.place.log == "wandb", asked.place
    return planned.jobs(place.execution, place.watch(planned.sweep.out.name), retry=asked.retry, at_once=0 if alone else place.cores)


def _print_jobs(planned: Plan, asked: Work) -> int:
    """Prints the script, and writes what mechgrok sweep status reads. sbatch needs the folder of its logs."""
    from mechgrok.studies.executors.sbatch import script

    jobs, resources = _jobs(planned, asked), asked.place.resources(planned.sweep.out)
    if not jobs:
        raise UserError("no cell is left: all are finished or running, or have failed (--retry)")
    planned.sweep.write()
    resources.logs.mkdir(parents=True, exist_ok=True)
    print(script(planned.sweep, jobs, resources), end="")
    return 0


def _train(planned: Plan, asked: Work) -> int:
    from mechgrok.api.sweeping import opened_by_name, train_cells
    from mechgrok.studies.sweep import read_sweep

    jobs, out = _jobs(planned, asked), planned.sweep.out
    opened = opened_by_name(asked.place.executor, asked.place.resources(out))
    with interruptible(lambda: asked.place.kept(out)):
        train_cells(planned.sweep, jobs, opened, asked.place.shown)
    return _ended(read_sweep(out))


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
