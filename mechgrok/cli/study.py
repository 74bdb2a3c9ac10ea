"""mechgrok study."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from mechgrok.cli import flags
from mechgrok.cli.arguments.place import Place
from mechgrok.cli.output.interruption import interruptible
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.analysis import Analysis, Study
    from mechgrok.cli.arguments.study_plan import StudyPlan
    from mechgrok.studies.cells import Cell
    from mechgrok.studies.running import Opened


@dataclass(frozen=True)
class Work:
    """mechgrok study train NAME trains the runs that an analysis compares, several at a time. Finished runs are kept, others go on.

    mechgrok study report NAME writes OUT/report/index.html, summary.json and table.md of the finished runs: a table over tasks and
    starts, and the claims of the analysis with their controls.
    """

    verb: Annotated[Literal["train", "report"], tyro.conf.Positional]
    """Train the runs, or write the report."""
    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")]
    """The analysis, such as furuta2024."""
    out: Path | None = None
    """The folder of all runs of the study; by default checkpoints/NAME."""
    place: Annotated[Place, tyro.conf.arg(name="")] = field(default_factory=Place)
    """Where the runs are trained."""


def main(arguments: list[str]) -> int:
    """Trains or reports a study; the exit status is 130 after Ctrl-C."""
    asked: Work = flags.parse(Work, arguments, "study")

    from mechgrok.analysis import analysis

    found = analysis(asked.name)
    if found.study is None:
        raise UserError(f"{asked.name} has no study, it analyses single runs: mechgrok analyze RUN; studies: {', '.join(_studies())}")
    out = asked.out or Path("checkpoints") / asked.name
    return _report(found, out) if asked.verb == "report" else _train(found.study, out, asked)


def _studies() -> list[str]:
    from mechgrok.analysis import analyses

    return [name for name, each in analyses().items() if each.study is not None]


def _report(found: Analysis, out: Path) -> int:
    from mechgrok.studies.comparing.noted_tables import read_markdown
    from mechgrok.studies.page import write_study

    with interruptible(lambda: f"results computed so far are kept with the runs in {out}; the report is not finished"):
        page = write_study(found, out)
    print(read_markdown(page.with_name("table.md")), page, sep="\n")
    return 0


def _train(study: Study, out: Path, asked: Work) -> int:
    """Trains what is not finished, also what had failed; the exit status is 1 where a run failed."""
    from mechgrok.api.sweeping import opened_by_name
    from mechgrok.cli.arguments.study_plan import plan
    from mechgrok.studies.bisection import next_runs
    from mechgrok.studies.trained import Trained

    cells: tuple[Cell, ...] = ()
    opened = opened_by_name(asked.place.executor, asked.place.resources(out.resolve()))
    places = list(Trained(study, out).planned())
    while places:
        planned = plan(study, asked.name, out, places, cells)
        if not _trained(planned, opened, out, asked):
            return 1
        cells, places = planned.sweep.cells, next_runs(study, out)
    print(f"all {len(cells)} runs are trained. Next: mechgrok study report {asked.name} --out {out}")
    return 0


def _trained(planned: StudyPlan, opened: Opened, out: Path, asked: Work) -> bool:
    """Trains the runs of a plan; prints which failed, and gives whether none did."""
    from mechgrok.api.sweeping import train_cells
    from mechgrok.studies.status import counts, failures

    sweep, place, again = planned.sweep, asked.place, f"mechgrok study train {asked.name} --out {out}"
    with interruptible(lambda: f"{place.kept(sweep.out)}: {again}"):
        train_cells(sweep, planned.jobs(place.execution, place.watch(out.name)), opened, place.shown)
    states = [cell.state for cell in sweep.cells]
    if set(states) <= {"finished"}:
        return True
    print(counts(states), *failures(sweep.cells), f"the study goes on with: {again}", sep="\n")
    return False
