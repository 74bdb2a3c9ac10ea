"""Vertical lines at positions on the x axis (phase boundaries, thresholds, key steps), and a horizontal line such as chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from mechgrok.plots.axes import Scale
from mechgrok.plots.theme import INK, grow

Marks = Mapping[str, float | None]
"""From name to position; None or NaN for a threshold that was not reached."""
ROW = 0.08
"""Height of a row of flags as a part of the plot's height."""
ROW_PIXELS = 17
LETTER = 0.026
"""Width of a letter as a part of a panel's width."""


@dataclass(frozen=True)
class Flag:
    """The name of a mark above the plot, to the right of its line, or to the left where there is no room; all in parts of the axis."""

    pole: float
    width: float
    left: bool

    @property
    def start(self) -> float:
        """Its left end."""
        return self.pole - self.width if self.left else self.pole

    @property
    def end(self) -> float:
        """Its right end."""
        return self.pole if self.left else self.pole + self.width

    def overlaps(self, other: Flag) -> bool:
        """Whether the two names would overlap in one row."""
        return self.start < other.end and other.start < self.end


def mark(figure: go.Figure, marks: Marks | None, along: Scale, colour: str = INK) -> None:
    """Add dotted vertical lines at positions on the x axis, each with its name above the plot; marks without a position are left out."""
    known = [(float(along.place(value)), name) for name, value in (marks or {}).items() if value is not None]
    placed = sorted((position, name) for position, name in known if math.isfinite(position))
    if not placed:
        return
    flags = _flags([(along.share(position), LETTER * (len(name) + 1)) for position, name in placed])
    rows = _rows(flags)
    for (position, name), flag, row in zip(placed, flags, rows, strict=True):
        _draw(figure, position, name, colour, "right" if flag.left else "left", 1 + ROW * (row + 1))
    grow(figure, top=ROW_PIXELS * (max(rows) + 1))


def level(figure: go.Figure, value: float) -> go.Figure:
    """A figure with a dashed horizontal line added, whose meaning belongs into the title of the panel.

    Parameters
    ----------
    figure : Figure
        With a linear y axis; it is changed in place.
    value : float
        On the y axis.

    Returns
    -------
    Figure
        The same figure.

    Examples
    --------
    >>> from mechgrok.plots.primitives import bars
    >>> table = pd.DataFrame({"detector": ["loss"], "auroc": [0.9]})
    >>> level(bars(table, x="detector", y="auroc"), 0.5).layout.shapes[0].y0
    0.5
    """
    across = {"type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": value, "y1": value, "yref": "y"}
    return figure.add_shape(**across, line={"color": INK, "width": 1, "dash": "dash"})


def _draw(figure: go.Figure, position: float, name: str, colour: str, anchor: str, top: float) -> None:
    line = {"type": "line", "x0": position, "x1": position, "xref": "x", "yref": "y domain"}
    label = {"text": name, "textposition": "end", "textangle": 0, "xanchor": anchor, "yanchor": "top", "padding": 2, "font": {"size": 11}}
    figure.add_shape(**line, y0=0, y1=1, line={"color": colour, "width": 1, "dash": "dot"})
    figure.add_shape(**line, y0=1, y1=top, line={"color": INK, "width": 1}, label=label)


def _flags(named: list[tuple[float, float]]) -> list[Flag]:
    """Flags for (pole, width) in order of the poles; one whose pole would cross a name on the left is on the left as well."""
    flags: list[Flag] = []
    edge = 1.0
    for pole, width in reversed(named):
        left = pole + width > 1 or pole > edge
        edge = min(edge, pole - width) if left else edge
        flags.append(Flag(pole, width, left))
    return flags[::-1]


def _rows(flags: list[Flag]) -> list[int]:
    """The row of each flag: above the flags placed before it that it overlaps. In this order no pole crosses a name."""
    order = sorted(range(len(flags)), key=lambda index: (not flags[index].left, index if flags[index].left else -index))
    rows: dict[int, int] = {}
    for index in order:
        overlapped = (row for other, row in rows.items() if flags[index].overlaps(flags[other]))
        rows[index] = 1 + max(overlapped, default=-1)
    return [rows[index] for index in range(len(flags))]
