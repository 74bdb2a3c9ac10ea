"""mechgrok figure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from mechgrok.cli import flags
from mechgrok.cli.interruption import keeping_results
from mechgrok.errors import UserError

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from mechgrok.engine.outcomes import Result
    from mechgrok.engine.progress import Tick
    from mechgrok.measures.base.measure import BaseMeasure
    from mechgrok.runs.run import Run


@dataclass(frozen=True)
class Draw:
    """Writes the figure of one measure over the checkpoints of a run, from stored results where they are still valid.

    Of a folder of runs, such as that of a sweep: that of all of them by group, from stored results alone. loss and grok-times are then
    drawn from the curves that were recorded in training.
    """

    run: Annotated[Path, tyro.conf.Positional]
    """The folder of a run, or of several."""
    measure: Annotated[str, tyro.conf.Positional]
    """A measure such as gini or "restricted-loss(keys=6,23,39)"."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE")]
    """The file; its ending is the format: pdf, svg, png (these need Chromium), html or json."""
    by: Annotated[str, tyro.conf.arg(metavar="PATH,...")] = ""
    """Of several runs: values of the config that make the groups, such as optimizer.weight_decay; by default all that vary but seeds."""


def main(arguments: list[str]) -> int:
    """Writes a figure."""
    asked: Draw = flags.parse(Draw, arguments, "figure")

    from mechgrok.plots.export import IMAGES, TEXTS, write
    from mechgrok.report.labels import as_text

    if asked.out.suffix[1:] not in (*IMAGES, *TEXTS):
        raise UserError(f"--out {asked.out}: the name must end in one of {', '.join('.' + kind for kind in (*IMAGES, *TEXTS))}")
    swapped = not asked.run.is_dir() and Path(asked.measure).is_dir()
    folder, name = (Path(asked.measure), str(asked.run)) if swapped else (asked.run, asked.measure)
    write(as_text(_of_run(folder, name, asked.by) if _is_run(folder) else _of_runs(folder, name, asked.by)), asked.out)
    print(asked.out)
    return 0


def _is_run(folder: Path) -> bool:
    """Also for a folder without runs, about which `open_run` says what is wrong."""
    return (folder / "config.json").is_file() or not any(folder.glob("*/config.json"))


def _of_run(folder: Path, name: str, by: str) -> go.Figure:
    from mechgrok.engine.registry import parse
    from mechgrok.runs.run import open_run

    if by:
        raise UserError(f"--by needs several runs, and {folder} is one; give the folder that holds them")
    run, measure = open_run(folder), parse(name)
    with keeping_results(run) as tick:
        return (_stored(run, measure) or _computed(run, measure, tick)).figure()


def _of_runs(folder: Path, name: str, by: str) -> go.Figure:
    from mechgrok.cli.compare import comparison

    return comparison((str(folder), name), by).figure(name)


def _stored(run: Run, measure: BaseMeasure) -> Result | None:
    """The stored result, if it covers all checkpoints and nothing has changed since."""
    from mechgrok.report.stored import Stored

    stored = Stored(run)
    wanted = run.steps if measure.cost == "cheap" else run.steps[-1:]
    complete = wanted and set(wanted) <= set(stored.steps(measure))
    return stored.result(measure) if complete and stored.stale(measure) is None else None


def _computed(run: Run, measure: BaseMeasure, tick: Tick) -> Result:
    from mechgrok.engine.analyze import analyze
    from mechgrok.engine.outcomes import Failure, NotApplicable

    outcome = analyze(run, [measure], nulls=0, tick=tick)[measure.label]
    if isinstance(outcome, NotApplicable):
        raise UserError(f"{measure.label} does not apply to {run.name}: {outcome.reason}")
    if isinstance(outcome, Failure):
        raise UserError(f"{measure.label} failed: {outcome.reason}; mechgrok analyze {run.path} {measure.label} shows where")
    return outcome
