"""Several figures in a grid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from mechgrok.errors import UserError
from mechgrok.plots import sheet
from mechgrok.plots.names import fit_names
from mechgrok.plots.theme import INK, LEGEND, LEGEND_ROW, SYMBOL, canvas, legend_width

PANEL_WIDTH, PANEL_HEIGHT = 250, 210
"""Size of one panel's plotting area in pixels."""
LEFT, RIGHT, HEAD, AXIS = 64, 16, 36, 50
"""Pixels around each panel's plotting area: to its left and right, for its title above, for its axis below."""
TITLE, BAR = 28, 62
"""Pixels for the whole figure's title and for a colour bar."""
NARROWEST = 170
"""Width in pixels of the plotting area below which a panel moves into the next row."""
_LETTER = re.compile(r"<b>[a-z]</b>")


def panels(
    figures: Sequence[go.Figure], *, titles: Sequence[str], columns: int | None = None, title: str = "", same_y: bool = False
) -> go.Figure:
    """The figures in a grid of panels with letters and titles.

    Panels with the same groups share one legend below; where their groups differ, each has its own.

    Parameters
    ----------
    figures : sequence of Figure
        At least one, none of which consists of panels.
    titles : sequence of str
        One for each figure.
    columns : int, optional
        By default at most three.
    title : str, default ""
        Of the whole.
    same_y : bool, default False
        Whether all panels have the same range of y, for one quantity whose sizes are compared.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no figure, or not one title for each.

    Examples
    --------
    >>> from mechgrok.plots.primitives import histogram
    >>> whole = panels([histogram([0.1, 0.2]), histogram([0.5])], titles=["train", "test"])
    >>> [note.text for note in whole.layout.annotations]
    ['<b>a</b>  train', '<b>b</b>  test']
    """
    if not figures or len(figures) != len(titles):
        raise ValueError(f"{len(figures)} figures with {len(titles)} titles: there must be at least one figure, and a title for each")
    if wanted := sheet.current().panel:
        return _alone(figures, titles, wanted)
    copies = [go.Figure(figure) for figure in figures]
    grid = _grid(copies, columns or min(3, len(copies)), title)
    whole = canvas(title).update_layout(grid.layout())
    for index, (figure, name) in enumerate(zip(copies, titles, strict=True)):
        _place(whole, figure, index, grid)
        _head(whole, index, name, grid)
    if same_y:
        _share_y(whole)
    return whole


def without_titles(figure: go.Figure) -> go.Figure:
    """The figure without the titles of its panels, whose letters stay, and without its own."""
    for note in figure.layout.annotations:
        if found := _LETTER.match(note.text or ""):
            note.text = found[0]
    return figure.update_layout(title_text="")


def _alone(figures: Sequence[go.Figure], titles: Sequence[str], letter: str) -> go.Figure:
    letters = [chr(ord("a") + index) for index in range(len(figures))]
    if letter not in letters:
        known = ", ".join(f"{each} ({name})" for each, name in zip(letters, titles, strict=True))
        raise UserError(f"the figure has no panel {letter}; its panels are {known}")
    return figures[letters.index(letter)].update_layout(title_text=titles[letters.index(letter)])


def _share_y(whole: go.Figure) -> None:
    """Give all panels one range of y, with a line at 0 in all where one of them has it."""
    zero = any(axis.zeroline for axis in whole.select_yaxes())
    line = {"zeroline": True, "zerolinecolor": INK, "zerolinewidth": 1} if zero else {}
    whole.update_yaxes(line)
    for axis in list(whole.select_yaxes())[1:]:
        axis.update(matches="y")


@dataclass(frozen=True)
class _Grid:
    """The sizes of a grid of panels, in pixels."""

    count: int
    columns: int
    panel: int
    title: int
    flags: int
    names: int
    bar: int
    shared_legend: bool
    legend: _Legend

    @property
    def cell(self) -> tuple[int, int]:
        """The distances from one panel's corner to the next one's, across and down."""
        own_legend = 0 if self.shared_legend else LEGEND_ROW * self.legend.rows
        return LEFT + self.panel + RIGHT + self.bar, HEAD + self.flags + PANEL_HEIGHT + self.axis + own_legend

    @property
    def axis(self) -> int:
        """The height below a panel for its axis."""
        return AXIS + self.names

    @property
    def size(self) -> tuple[int, int]:
        """The size of the plotting area, from the first panel's left and top to the last one's right and bottom."""
        rows = -(-self.count // self.columns)
        return (self.columns - 1) * self.cell[0] + self.panel, (rows - 1) * self.cell[1] + PANEL_HEIGHT

    def layout(self) -> dict[str, Any]:
        across, down = self.size
        margin = {"l": LEFT, "r": RIGHT + self.bar, "t": HEAD + self.flags + self.title, "b": self.axis + LEGEND_ROW * self.legend.rows}
        size = {"width": across + margin["l"] + margin["r"], "height": down + margin["t"] + margin["b"]}
        return {**size, "margin": margin, "legend": {"x": self.legend.left / across, "y": -self.axis / down}}

    def domains(self, index: int) -> tuple[list[float], list[float]]:
        """The parts of the plotting area, from left to right and from bottom to top, of a panel."""
        across, down = self.size
        row, column = divmod(index, self.columns)
        left, top = column * self.cell[0], down - row * self.cell[1]
        return [left / across, (left + self.panel) / across], [(top - PANEL_HEIGHT) / down, top / down]


def _grid(figures: Sequence[go.Figure], columns: int, title: str) -> _Grid:
    flags = max((shape.y1 - 1 for figure in figures for shape in figure.layout.shapes if shape.yref == "y domain"), default=0)
    bar = BAR if any(_bars(trace) for figure in figures for trace in figure.data) else 0
    columns, panel = _fitting(columns, bar)
    vertical = max(fit_names(figure, panel) for figure in figures)
    shared = len({_named(figure) for figure in figures if _named(figure)}) <= 1
    rows = 0 if shared else max(len(_rows(_named(figure), panel)) for figure in figures)
    legend = _legend(figures, columns, LEFT + panel + RIGHT + bar) if shared else _Legend(0, rows)
    return _Grid(len(figures), columns, panel, TITLE if title else 0, round(flags * PANEL_HEIGHT), vertical, bar, shared, legend)


def _fitting(columns: int, bar: int) -> tuple[int, int]:
    """The number of columns, at most as many as asked for, and the width of a panel's plotting area, on the current sheet."""
    width, around = sheet.current().width, LEFT + RIGHT + bar
    if width is None:
        return columns, PANEL_WIDTH
    fitting = max(1, min(columns, width // (NARROWEST + around)))
    return fitting, width // fitting - around


@dataclass(frozen=True)
class _Legend:
    """The left end of the shared legend and its number of rows; where each panel has its own legend, the rows of the longest."""

    left: int
    rows: int


def _legend(figures: Sequence[go.Figure], columns: int, cell: int) -> _Legend:
    """The shared legend: below the only panel with names if it is in the last row and there is room, else from the left."""
    named = [index for index, figure in enumerate(figures) if _named(figure)]
    width = sum(map(legend_width, {name: None for index in named for name in _named(figures[index])}))
    own = named[0] % columns * cell if len(named) == 1 and named[0] + columns >= len(figures) else 0
    room = columns * cell - LEFT
    return _Legend(max(0, min(own, room - width)), max(1, -(-width // room)))


def _named(figure: go.Figure) -> tuple[str, ...]:
    return tuple(trace.name for trace in figure.data if trace.showlegend)


def _bars(trace: Any) -> list[Any]:
    """The colour bar of a trace, if it has one."""
    if trace.type == "heatmap":
        return [trace.colorbar]
    return [trace.marker.colorbar] if trace.type == "scatter" and trace.marker.showscale else []


def _place(whole: go.Figure, figure: go.Figure, index: int, grid: _Grid) -> None:
    if "xaxis2" in figure.layout.to_plotly_json():
        raise ValueError("a panel cannot itself consist of panels")
    number = str(index + 1) if index else ""
    across, up = grid.domains(index)
    known = {trace.name for trace in whole.data if trace.showlegend}
    for trace in figure.data:
        copy = type(trace)(trace.to_plotly_json()).update(xaxis=f"x{number}", yaxis=f"y{number}")
        copy.update(_legend_entry(trace, figure, index, grid, known))
        if trace.type == "histogram":
            copy.update(bingroup=f"x{number}")
        for bar in _bars(copy):
            bar.update(x=across[1] + 8 / grid.size[0], xanchor="left", y=sum(up) / 2, len=up[1] - up[0], lenmode="fraction", ypad=0)
        whole.add_trace(copy)
    _copy_axes(whole, figure, number, across, up)
    if not grid.shared_legend:
        for row in range(len(_rows(_named(figure), grid.panel))):
            whole.update_layout({_row_name(index, row, grid): _legend_row(_named(figure), row, across, up, grid)})


def _legend_entry(trace: Any, figure: go.Figure, index: int, grid: _Grid, known: set[str]) -> dict[str, Any]:
    if not trace.showlegend:
        return {}
    if grid.shared_legend:
        return {"legendgroup": trace.name, "showlegend": trace.name not in known}
    row = next(row for row, names in enumerate(_rows(_named(figure), grid.panel)) if trace.name in names)
    return {"legend": _row_name(index, row, grid), "legendgroup": f"{index} {trace.name}"}


def _rows(names: tuple[str, ...], panel: int) -> list[tuple[str, ...]]:
    """A panel's own names in rows that fit below it; plotly by itself breaks a row at the end of the whole figure only."""
    room = panel + LEFT // 2
    in_a_row = max(1, room // max(map(legend_width, names), default=1))
    if sum(map(legend_width, names)) <= room:
        in_a_row = max(1, len(names))
    return [names[start : start + in_a_row] for start in range(0, len(names), in_a_row)]


def _row_name(index: int, row: int, grid: _Grid) -> str:
    """The name of a legend's row, which is a legend of its own for plotly."""
    number = index + grid.count * row
    return f"legend{number + 1}" if number else "legend"


def _legend_row(names: tuple[str, ...], row: int, across: list[float], up: list[float], grid: _Grid) -> dict[str, Any]:
    """The settings of a row below the panel; in several rows the names are aligned in columns."""
    columns = {"entrywidth": max(map(legend_width, names)) - SYMBOL} if len(_rows(names, grid.panel)) > 1 else {}
    return {**LEGEND, **columns, "x": across[0], "y": up[0] - (grid.axis + LEGEND_ROW * row) / grid.size[1]}


def _copy_axes(whole: go.Figure, figure: go.Figure, number: str, across: list[float], up: list[float]) -> None:
    x, y = figure.layout.xaxis.to_plotly_json(), figure.layout.yaxis.to_plotly_json()
    x.update(domain=across, anchor=f"y{number}")
    y.update(domain=up, anchor=f"x{number}", **({"scaleanchor": f"x{number}"} if "scaleanchor" in y else {}))
    whole.update_layout({f"xaxis{number}": x, f"yaxis{number}": y})
    for items, add in ((figure.layout.shapes, whole.add_shape), (figure.layout.annotations, whole.add_annotation)):
        for item in items:
            add({**item.to_plotly_json(), "xref": _renumbered(item.xref, number), "yref": _renumbered(item.yref, number)})


def _renumbered(reference: str, number: str) -> str:
    """`y domain` becomes `y2 domain`."""
    return reference[0] + number + reference[1:]


def _head(whole: go.Figure, index: int, name: str, grid: _Grid) -> None:
    number = str(index + 1) if index else ""
    where = {"xref": f"x{number} domain", "yref": f"y{number} domain", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"}
    whole.add_annotation(text=f"<b>{chr(ord('a') + index)}</b>  {name}", showarrow=False, yshift=6 + grid.flags, **where)
