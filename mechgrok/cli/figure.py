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
    from mechgrok.engine.outcomes import Result
    from mechgrok.engine.progress import Tick
    from mechgrok.measures.base.measure import BaseMeasure
    from mechgrok.runs.run import Run


@dataclass(frozen=True)
class Draw:
    """Writes the figure of one measure over the checkpoints of a run, from stored results where they are still valid."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    measure: Annotated[str, tyro.conf.Positional]
    """A measure such as gini or "restricted-loss(keys=6,23,39)"."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE")]
    """The file; its ending is the format: pdf, svg, png (these need Chromium), html or json."""


def main(arguments: list[str]) -> int:
    """Writes a figure."""
    asked: Draw = flags.parse(Draw, arguments, "figure")

    from mechgrok.engine.registry import parse
    from mechgrok.plots.export import IMAGES, TEXTS, write
    from mechgrok.report.labels import as_text
    from mechgrok.runs.run import open_run

    if asked.out.suffix[1:] not in (*IMAGES, *TEXTS):
        raise UserError(f"--out {asked.out}: the name must end in one of {', '.join('.' + kind for kind in (*IMAGES, *TEXTS))}")
    swapped = not asked.run.is_dir() and Path(asked.measure).is_dir()
    folder, name = (Path(asked.measure), str(asked.run)) if swapped else (asked.run, asked.measure)
    run, measure = open_run(folder), parse(name)
    with keeping_results(run) as tick:
        result = _stored(run, measure) or _computed(run, measure, tick)
        write(as_text(result.figure()), asked.out)
    print(asked.out)
    return 0


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
