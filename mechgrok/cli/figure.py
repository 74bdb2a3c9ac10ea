"""mechgrok figure."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from mechgrok.cli import flags
from mechgrok.cli.output.interruption import keeping_results
from mechgrok.errors import UserError

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class Draw:
    """Writes the figure of a measure over the checkpoints of a run, from stored results where they are still valid.

    --panels makes one figure of several measures. Of a folder of runs, such as that of a sweep: the figure of all of them by group, from
    stored results alone. loss and grok-times are then drawn from the curves that were recorded in training.
    """

    run: Annotated[Path, tyro.conf.Positional]
    """The folder of a run, or of several."""
    measure: Annotated[str, tyro.conf.Positional] = ""
    """A measure such as gini or "restricted-loss(keys=6,23,39)"."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """The file; its ending is the format: pdf, svg, png, gif (these need Chromium), html or json. gif and html of
    one run play its checkpoints, at most 50."""
    panels: Annotated[str, tyro.conf.arg(metavar="MEASURE,...")] = ""
    """Several measures in one figure, a panel of each: loss is its panel a, loss:b its panel b."""
    columns: Annotated[int | None, tyro.conf.arg(metavar="N")] = None
    """With --panels: panels beside each other, at most; fewer where they do not fit. By default three."""
    style: Literal["screen", "paper", "talk"] = "screen"
    """paper: 3.25 inch wide, text of 8 points, no titles. talk: 10 inch, 18 points. screen: as on the page."""
    width: Annotated[str | None, tyro.conf.arg(metavar="LENGTH")] = None
    """The width in print, such as 3.25in, 8.2cm or 82mm; panels that do not fit move into the next row."""
    font_size: Annotated[float | None, tyro.conf.arg(metavar="POINTS")] = None
    """The size of the text in print, in points."""
    titles: Literal["yes", "no"] | None = None
    """Whether the figure and its panels have titles; panels keep their letters."""
    phases: bool = False
    """Shade the phases of training (phase-boundaries) in the panels over steps."""
    panel: Annotated[str, tyro.conf.arg(metavar="LETTER")] = ""
    """One panel alone."""
    step: Annotated[int | None, tyro.conf.arg(metavar="N")] = None
    """The figure as it was at this checkpoint."""
    results: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Read and store results in DIR/<name of the run>, as mechgrok analyze --results DIR does."""
    by: Annotated[str, tyro.conf.arg(metavar="PATH,...")] = ""
    """Of several runs: values of the config that make the groups, such as optimizer.weight_decay; by default all that vary but seeds."""


def main(arguments: list[str]) -> int:
    """Writes a figure."""
    asked: Draw = flags.parse(Draw, arguments, "figure")

    from mechgrok.plots.files.export import write

    out = _checked(asked)
    swapped = not asked.run.is_dir() and Path(asked.measure).is_dir()
    folder, name = (Path(asked.measure), str(asked.run)) if swapped else (asked.run, asked.measure)
    figure = _of_run(folder, name, asked, out) if _is_run(folder) else _of_runs(folder, name, asked)
    if out.suffix == ".gif" and figure.frames:
        print(f"drawing {len(figure.frames)} frames", file=sys.stderr)
    write(figure, out)
    print(out)
    return 0


def _checked(asked: Draw) -> Path:
    """The file, where the arguments fit together. Raises UserError."""
    from mechgrok.plots.files.export import KINDS

    if asked.out is None or asked.out.suffix[1:] not in KINDS:
        raise UserError(f"--out {asked.out or 'is missing'}: the name must end in one of {', '.join('.' + kind for kind in KINDS)}")
    if bool(asked.measure) == bool(asked.panels):
        raise UserError("name one measure, or several with --panels loss,restricted-loss")
    if asked.panel and asked.panels:
        raise UserError("--panels takes letters itself: --panels loss:b,gini")
    return asked.out


def _is_run(folder: Path) -> bool:
    """Also for a folder without runs, about which `open_run` says what is wrong."""
    return (folder / "config.json").is_file() or not any(folder.glob("*/config.json"))


def _of_run(folder: Path, name: str, asked: Draw, out: Path) -> go.Figure:
    from mechgrok.api.drawing import figure
    from mechgrok.runs.run import open_run

    if asked.by:
        raise UserError(f"--by needs several runs, and {folder} is one; give the folder that holds them")
    shown = _listed(asked.panels) if asked.panels else f"{name}:{asked.panel}" if asked.panel else name
    size: dict[str, Any] = {"style": asked.style, "width": asked.width, "font_size": asked.font_size, "titles": _titles(asked)}
    run = open_run(folder, results=asked.results)
    content: dict[str, Any] = {"columns": asked.columns, "phases": asked.phases, "step": asked.step}
    with keeping_results(run) as tick:
        return figure(run, shown, animated=out.suffix in (".gif", ".html"), tick=tick, **content, **size)


def _titles(asked: Draw) -> bool | None:
    return None if asked.titles is None else asked.titles == "yes"


def _listed(panels: str) -> list[str]:
    """The measures between commas outside brackets."""
    return [each.strip() for each in re.split(r",(?![^(]*\))", panels) if each.strip()]


def _of_runs(folder: Path, name: str, asked: Draw) -> go.Figure:
    from mechgrok.cli.compare import comparison
    from mechgrok.plots import sheet
    from mechgrok.plots.files.print_layout import layout_of
    from mechgrok.plots.files.provenance import with_provenance
    from mechgrok.report.labels import as_text

    given = {"--step": asked.step is not None, "--panels": asked.panels, "--phases": asked.phases, "--results": asked.results}
    if alone := [flag for flag, is_given in given.items() if is_given]:
        raise UserError(f"{alone[0]} needs one run")
    layout = layout_of(asked.style, asked.width, asked.font_size, _titles(asked))
    with sheet.on(sheet.Sheet(layout.pixels, asked.panel)):
        compared = comparison((str(folder), name), asked.by)
        return with_provenance(layout.finish(as_text(compared.figure(name))), compared.provenance())
