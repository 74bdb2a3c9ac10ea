"""Phases of training as bands behind the curves of a figure over steps, with their names in a row of their own below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import plotly.graph_objects as go

from mechgrok.plots.theme import GREY, LEGEND, LEGEND_ROW, grow, legend_width

Phases = Mapping[str, tuple[float, float]]
"""From the name of a phase to its first and last step."""
SHADES = ("#f6ead8", "#cfe0ec", "#e8f1e2")
"""Bands beside each other differ in lightness, so that they can be told apart in grey."""
ROW = "legend99"
"""The legend of the phases in plotly's layout."""
OVER_STEPS = "step"
"""The title of the axes that are shaded."""


def shade(figure: go.Figure, phases: Phases) -> go.Figure:
    """The figure, changed in place, with a band for each phase in every panel over steps; without such a panel it stays as it is."""
    axes = list(axes_over_steps(figure))
    if not axes or not phases:
        return figure
    for (name, (start, end)), colour in zip(phases.items(), SHADES, strict=False):
        for number, axis in axes:
            where = {"xref": f"x{number}", "yref": f"y{number} domain", "x0": _placed(start, axis), "x1": end, "y0": 0, "y1": 1}
            figure.add_shape(type="rect", layer="below", fillcolor=colour, line={"width": 0}, **where)
        figure.add_trace(_entry(name, colour, axes[0][0]))
    _name(figure, list(phases))
    return figure


def is_over_steps(figure: go.Figure) -> bool:
    """Whether a panel of the figure is over steps."""
    return any(axes_over_steps(figure))


def axes_over_steps(figure: go.Figure) -> Iterator[tuple[str, Any]]:
    """The number, empty for the first, and the settings of each x axis over steps."""
    for key in figure.layout.to_plotly_json():
        found = re.fullmatch(r"xaxis(\d*)", key)
        if found and figure.layout[key].title.text == OVER_STEPS:
            yield found[1], figure.layout[key]


def _placed(start: float, axis: Any) -> float:
    """A logarithmic axis has step 0 at its first tick."""
    return float(axis.tickvals[0]) if axis.type == "log" and start == 0 and axis.tickvals else start


def _entry(name: str, colour: str, number: str) -> go.Scatter:
    """A trace without points, which plotly needs for an entry of a legend."""
    square = {"symbol": "square", "size": 12, "color": colour, "line": {"color": GREY, "width": 1}}
    axes = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
    return go.Scatter(x=[None], y=[None], mode="markers", marker=square, name=name, legend=ROW, showlegend=True, **axes)


def _name(figure: go.Figure, names: list[str]) -> None:
    """A row of names below all else, where the figure grows by as many rows as they need."""
    margin, width = figure.layout.margin, figure.layout.width
    room = width - margin.l - margin.r
    in_a_row = max(1, room // legend_width(max(names, key=len)))
    height = figure.layout.height - margin.t - margin.b
    figure.update_layout({ROW: {**LEGEND, "y": -margin.b / height}})
    grow(figure, bottom=LEGEND_ROW * -(-len(names) // in_a_row))
