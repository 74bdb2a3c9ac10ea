"""Numbers of several runs by group, one group below the other: single runs as points, the median and its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from mechgrok.plots import axes
from mechgrok.plots.theme import COLOURS, MARGIN, canvas, make_room_for_legend, width

ROW, PAD = 44, 12
"""Pixels of a group and of half the space above and below all of them."""
LETTER_PIXELS = 7
SPREAD = 0.5
"""The part of a row that its quantities take."""


@dataclass(frozen=True)
class Spread:
    """One quantity of the runs of one group.

    Attributes
    ----------
    points : sequence of float
        A value of each run.
    censored : sequence of bool
        Whether the run's value lies beyond the point.
    middle, low, high : float
        The median and its interval; NaN where there is none, infinite where it lies beyond all values.
    """

    points: Sequence[float]
    censored: Sequence[bool]
    middle: float
    low: float
    high: float


def spreads(quantities: Mapping[str, Mapping[str, Spread]], *, log_x: bool = False, title: str = "", x_title: str) -> go.Figure:
    """Quantities by group: a row for each group, a colour for each quantity; open triangles point beyond censored values.

    Parameters
    ----------
    quantities : mapping of str to mapping of str to Spread
        By the name of the quantity and that of the group; the first group on top.
    log_x : bool, default False
        Whether the axis is logarithmic; 0 keeps a place on it.
    title : str, default ""
        Of the figure.
    x_title : str
        Quantity and unit.

    Returns
    -------
    Figure
        Its height grows with the groups. An interval without an upper end reaches to the end of the axis.

    Examples
    --------
    >>> few = Spread([300, 900], [False, True], 300.0, np.nan, np.nan)
    >>> figure = spreads({"generalised": {"decay 1": few}}, x_title="step")
    >>> [(trace.name, trace.x.tolist()) for trace in figure.data]
    [('generalised', [300]), ('generalised, not by then', [900]), ('median', [300.0])]
    """
    groups = list(dict.fromkeys(group for found in quantities.values() for group in found))
    every = [value for found in quantities.values() for each in found.values() for value in each.points]
    along = axes.scale(np.asarray(every, dtype=float), log=log_x, keep_zero=True)
    figure = canvas(title)
    for index, (name, found) in enumerate(quantities.items()):
        places = [-groups.index(group) - _offset(index, len(quantities)) for group in found]
        colour = COLOURS[index % len(COLOURS)]
        figure.add_traces(_points(name, found, places, along, colour))
        figure.add_traces(_estimates(found, places, along, colour, legend=index == 0))
    _dress(figure, groups, along, every, x_title)
    return figure


def _offset(index: int, count: int) -> float:
    return SPREAD * (index / (count - 1) - 0.5) if count > 1 else 0.0


def _points(name: str, found: Mapping[str, Spread], places: Sequence[float], along: axes.Scale, colour: str) -> list[go.Scatter]:
    """The values of all groups, and those that are censored, as two traces."""
    rows = [
        (value, place, beyond)
        for each, place in zip(found.values(), places, strict=True)
        for value, beyond in zip(each.points, each.censored, strict=True)
    ]
    looks = (
        (name, False, {"color": colour, "size": 6, "opacity": 0.3}),
        (f"{name}, not by then", True, {"color": colour, "size": 8, "symbol": "triangle-right-open"}),
    )
    chosen = [(label, look, [row[:2] for row in rows if row[2] == beyond]) for label, beyond, look in looks]
    return [_markers(label, look, values, along, legend=bool(name)) for label, look, values in chosen if values]


def _markers(
    name: str, marker: Mapping[str, object], values: Sequence[tuple[float, float]], along: axes.Scale, *, legend: bool
) -> go.Scatter:
    x, y = zip(*values, strict=True)
    return go.Scatter(x=along.place(x), y=np.array(y), mode="markers", marker=marker, name=name, showlegend=legend)


def _estimates(found: Mapping[str, Spread], places: Sequence[float], along: axes.Scale, colour: str, *, legend: bool) -> list[go.Scatter]:
    """Medians as upright strokes; intervals as lines, which end at the edge of the axis where they are open."""
    known = [(each, place) for each, place in zip(found.values(), places, strict=True) if np.isfinite(each.middle)]
    medians = go.Scatter(
        x=along.place([each.middle for each, _ in known]),
        y=[place for _, place in known],
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 15, "color": colour, "line": {"width": 3, "color": colour}},
        name="median",
        showlegend=legend,
        legendgroup="median",
    )
    return [*_intervals(found, places, along, colour), *([medians] if known else [])]


def _intervals(found: Mapping[str, Spread], places: Sequence[float], along: axes.Scale, colour: str) -> list[go.Scatter]:
    x: list[float | None] = []
    y: list[float | None] = []
    for each, place in zip(found.values(), places, strict=True):
        if np.isfinite(each.low):
            x += [*along.place([each.low, min(each.high, _edge(along))]).tolist(), None]
            y += [place, place, None]
    line = {"color": colour, "width": 4}
    return [go.Scatter(x=x, y=y, mode="lines", line=line, name="95 % interval", showlegend=False, hoverinfo="skip")] if x else []


def _edge(along: axes.Scale) -> float:
    """Beyond all values: the right end of the axis."""
    low, high = along.lowest, along.highest
    return float(high * (high / (along.zero or low)) ** 0.06 if along.log else high + 0.06 * (high - low))


def _dress(figure: go.Figure, groups: Sequence[str], along: axes.Scale, every: Sequence[float], x_title: str) -> None:
    axes.dress(figure, along, axes.scale([-0.5, 0.5], log=False), x_title, "")
    figure.update_yaxes(
        tickmode="array", tickvals=[-index for index in range(len(groups))], ticktext=list(groups), ticks="", showline=False
    )
    figure.update_yaxes(range=[0.5 - len(groups) - PAD / ROW, 0.5 + PAD / ROW])
    if along.highest > along.lowest:
        low = along.zero or along.lowest
        ends = [low / (_edge(along) / along.highest), _edge(along)] if along.log else [low - 0.04 * (along.highest - low), _edge(along)]
        figure.update_xaxes(range=[float(np.log10(end)) for end in ends] if along.log else ends)
    left = 12 + LETTER_PIXELS * max(map(len, groups), default=0)
    height = MARGIN["t"] + MARGIN["b"] + ROW * len(groups) + 2 * PAD
    figure.update_layout(width=width() - MARGIN["l"] + left, margin={"l": left})
    make_room_for_legend(figure)
    extra = figure.layout.margin.b - MARGIN["b"]
    figure.update_layout(height=height + extra, legend={"y": -MARGIN["b"] / (height - MARGIN["t"] - MARGIN["b"])})
