"""`mechgrok.figure` and `mechgrok.write_figure`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mechgrok.api.drawn_panels import Drawing, Source
from mechgrok.plots import sheet
from mechgrok.plots.files.print_layout import layout_of
from mechgrok.plots.files.provenance import with_provenance
from mechgrok.report.labels import as_text
from mechgrok.runs.run import Run, open_run

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from mechgrok.engine.progress import Tick

Style = Literal["screen", "paper", "talk"]


def figure(
    run: str | Path | Run,
    panels: Source | list[Source] | tuple[Source, ...],
    *,
    columns: int | None = None,
    style: Style = "screen",
    width: str | None = None,
    font_size: float | None = None,
    titles: bool | None = None,
    phases: bool = False,
    step: int | None = None,
    animated: bool = False,
    tick: Tick | None = None,
) -> go.Figure:
    """The figure of a measure, or a panel of each of several measures in one figure with letters.

    Stored results are used where they hold; the others are computed. Traces can be added to the figure as to any figure of plotly.
    `layout.meta["provenance"]` names run, measures, steps, stamps and versions; files of the figure carry it.

    Parameters
    ----------
    run : str, Path or Run
        The run.
    panels : str, Measure, function or Figure, or a list or tuple of these
        One measure with all of its panels, or several things of which each is a panel: a measure's panel a, as in "loss", or another one
        by its letter, as in "loss:b", or a figure of plotly.
    columns : int, optional
        Panels beside each other, at most; fewer where they do not fit. By default three.
    style : {"screen", "paper", "talk"}
        paper: 3.25 inch wide, text of 8 points, no titles. talk: 10 inch, 18 points. screen: as on the page.
    width : str, optional
        The width in print, such as "3.25in" or "82mm".
    font_size : float, optional
        The size of the text in print, in points.
    titles : bool, optional
        Whether the figure and its panels have titles; panels keep their letters.
    phases : bool, default False
        Whether the phases of training (`phase-boundaries`) are shaded in the panels over steps.
    step : int, optional
        The figure as it was at this checkpoint.
    animated : bool, default False
        Whether the figure has a frame for each checkpoint (at most 50), all with the same axes: panels of one checkpoint move, panels over
        steps are veiled behind the checkpoint. For gif and html.
    tick : callable, optional
        Called after each checkpoint that is computed with the number done and their total.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    UserError
        For a measure or panel that there is not, and for sizes at which nothing can be read.

    Examples
    --------
    >>> drawn = mechgrok.figure(run, ["loss", "loss:b"], width="6.75in", titles=False)
    >>> [note.text for note in drawn.layout.annotations], drawn.layout.meta["inches"]
    (['<b>a</b>', '<b>b</b>'], 6.75)
    >>> drawn.layout.meta["provenance"]["results"][0]["measure"]
    'loss'
    """
    layout = layout_of(style, width, font_size, titles)
    drawing = Drawing(run if isinstance(run, Run) else open_run(Path(run)), step, tick, animated)
    with sheet.on(sheet.Sheet(layout.pixels)):
        whole = drawing.several(panels, columns) if isinstance(panels, list | tuple) else drawing.whole(panels)
        finished = layout.finish(as_text(drawing.shaded(whole.figure) if phases else whole.figure))
        named = panels if isinstance(panels, list | tuple) else [panels]
        with_provenance(finished, drawing.provenance(named, phases=phases))
        return drawing.animated(replace(whole, figure=finished)) if animated else finished


def write_figure(drawn: go.Figure, path: str | Path) -> None:
    """Writes a figure as pdf, svg, png, gif, html or json, by the ending of the name; pdf and svg are as wide as it was made for.

    gif and html play the frames of a figure that was made with `animated=True`.

    Parameters
    ----------
    drawn : plotly.graph_objects.Figure
        The figure.
    path : str or Path
        The file.

    Raises
    ------
    UserError
        For another ending, and where pdf, svg, png and gif lack a Chromium.

    Examples
    --------
    >>> mechgrok.write_figure(mechgrok.figure(run, "loss", style="paper"), "loss.json")
    """
    from mechgrok.plots.files.export import write

    write(drawn, Path(path))
