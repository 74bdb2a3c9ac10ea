"""mechgrok figure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from mechgrok.cli import flags
from mechgrok.cli.interruption import keeping_results
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    style: Literal["screen", "paper", "talk"] = "screen"
    """paper: 3.25 inch wide, text of 8 points, no titles. talk: 10 inch, 18 points. screen: as on the page."""
    width: Annotated[str | None, tyro.conf.arg(metavar="LENGTH")] = None
    """The width in print, such as 3.25in, 8.2cm or 82mm; panels that do not fit move into the next row."""
    font_size: Annotated[float | None, tyro.conf.arg(metavar="POINTS")] = None
    """The size of the text in print, in points."""
    titles: bool | None = None
    """Whether the figure and its panels have titles; panels keep their letters."""
    panel: Annotated[str, tyro.conf.arg(metavar="LETTER")] = ""
    """One panel alone."""
    step: Annotated[int | None, tyro.conf.arg(metavar="N")] = None
    """The figure as it was at this checkpoint."""
    by: Annotated[str, tyro.conf.arg(metavar="PATH,...")] = ""
    """Of several runs: values of the config that make the groups, such as optimizer.weight_decay; by default all that vary but seeds."""


def main(arguments: list[str]) -> int:
    """Writes a figure."""
    asked: Draw = flags.parse(Draw, arguments, "figure")

    from mechgrok.cli.arguments.print_size import layout_of
    from mechgrok.plots import sheet
    from mechgrok.plots.export import IMAGES, TEXTS, write
    from mechgrok.plots.panels import without_titles
    from mechgrok.report.labels import as_text

    if asked.out.suffix[1:] not in (*IMAGES, *TEXTS):
        raise UserError(f"--out {asked.out}: the name must end in one of {', '.join('.' + kind for kind in (*IMAGES, *TEXTS))}")
    swapped = not asked.run.is_dir() and Path(asked.measure).is_dir()
    folder, name = (Path(asked.measure), str(asked.run)) if swapped else (asked.run, asked.measure)
    layout = layout_of(asked.style, asked.width, asked.font_size, asked.titles)
    with sheet.on(sheet.Sheet(layout.pixels, asked.panel)):
        figure = as_text(_of_run(folder, name, asked) if _is_run(folder) else _of_runs(folder, name, asked))
    write(figure if layout.titles else without_titles(figure), asked.out, inches=layout.inches)
    print(asked.out)
    return 0


def _is_run(folder: Path) -> bool:
    """Also for a folder without runs, about which `open_run` says what is wrong."""
    return (folder / "config.json").is_file() or not any(folder.glob("*/config.json"))


def _of_run(folder: Path, name: str, asked: Draw) -> go.Figure:
    from mechgrok.engine.registry import parse
    from mechgrok.runs.run import open_run

    if asked.by:
        raise UserError(f"--by needs several runs, and {folder} is one; give the folder that holds them")
    run, measure = open_run(folder), parse(name)
    if asked.step is not None:
        return _at_step(run, measure, asked.step)
    with keeping_results(run) as tick:
        return (_stored(run, measure) or _computed(run, measure, tick)).figure()


def _at_step(run: Run, measure: BaseMeasure, step: int) -> go.Figure:
    """The figure of the checkpoints up to this one; of an expensive measure, of this one alone."""
    if measure.per_run:
        raise UserError(f"{measure.label} is a measure of the whole run; --step needs one of checkpoints")
    if step not in run.steps:
        raise UserError(f"{run.name} has no checkpoint at step {step}; the nearest is {min(run.steps, key=lambda each: abs(each - step))}")
    earlier = [each for each in run.steps if each <= step] if measure.cost == "cheap" else [step]
    with keeping_results(run) as tick:
        return _computed(run, measure, tick, earlier).figure()


def _of_runs(folder: Path, name: str, asked: Draw) -> go.Figure:
    from mechgrok.cli.compare import comparison

    if asked.step is not None:
        raise UserError("--step needs one run")
    return comparison((str(folder), name), asked.by).figure(name)


def _stored(run: Run, measure: BaseMeasure) -> Result | None:
    """The stored result, if it covers all checkpoints and nothing has changed since."""
    from mechgrok.report.stored import Stored

    stored = Stored(run)
    wanted = run.steps if measure.cost == "cheap" else run.steps[-1:]
    complete = wanted and set(wanted) <= set(stored.steps(measure))
    return stored.result(measure) if complete and stored.stale(measure) is None else None


def _computed(run: Run, measure: BaseMeasure, tick: Tick, steps: Sequence[int] | Literal["all"] = "all") -> Result:
    from mechgrok.engine.analyze import analyze
    from mechgrok.engine.outcomes import Failure, NotApplicable

    outcome = analyze(run, [measure], steps=steps, nulls=0, tick=tick)[measure.label]
    if isinstance(outcome, NotApplicable):
        raise UserError(f"{measure.label} does not apply to {run.name}: {outcome.reason}")
    if isinstance(outcome, Failure):
        raise UserError(f"{measure.label} failed: {outcome.reason}; mechgrok analyze {run.path} {measure.label} shows where")
    return outcome
