"""Legends in a row below the axes, as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import plotly.graph_objects as go

from mechgrok.plots.still.svg import dashes, element, text, width
from mechgrok.plots.theme import INK, LEGEND_ROW

MARGIN, SYMBOL, AFTER = 5, 30, 11
"""Pixels before and behind the line of an entry, of this line, and after the name."""
POINT = 6


def legends(figure: go.Figure) -> Iterator[str]:
    """The entries of each legend."""
    for name in legend_names(figure):
        entries = [trace for trace in figure.data if trace.showlegend and (trace.legend or "legend") == name]
        yield from _legend(figure, figure.layout[name], entries)


def legend_names(figure: go.Figure) -> dict[str, None]:
    """The legends of the layout that have an entry."""
    return dict.fromkeys(trace.legend or "legend" for trace in figure.data if trace.showlegend)


def _legend(figure: go.Figure, layout: Any, entries: list[Any]) -> Iterator[str]:
    margin = figure.layout.margin
    inside = figure.layout.height - margin.t - margin.b
    x, y = float(margin.l), margin.t + (1 - layout.y) * inside + 11
    for trace in entries:
        wide = 2 * MARGIN + SYMBOL + width(trace.name, 12) + AFTER
        if x > margin.l and x + wide > figure.layout.width:
            x, y = float(margin.l), y + LEGEND_ROW
        yield _symbol(trace, x, y)
        yield text(trace.name, x + 2 * MARGIN + SYMBOL, y + 4.5, font_size=12)
        x += wide


def _symbol(trace: Any, x: float, y: float) -> str:
    if trace.mode == "markers":
        half, look = trace.marker.size / 2, trace.marker
        middle = x + MARGIN + SYMBOL / 2
        return element("rect", x=middle - half, y=y - half, width=2 * half, height=2 * half, fill=look.color, stroke=look.line.color or INK)
    wide, colour = trace.line.width or 2, trace.line.color or INK
    line = element("path", d=f"M{x + MARGIN:g} {y:g}h{SYMBOL}", stroke=colour, stroke_width=wide, **dashes(trace.line.dash, wide))
    point = element("circle", cx=x + MARGIN + SYMBOL / 2, cy=y, r=POINT / 2, fill=colour)
    return line + point * ("markers" in trace.mode)
