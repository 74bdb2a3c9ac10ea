"""Line charts: one quantity over another, a line for each group."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from mechgrok.plots import axes
from mechgrok.plots.bars import bars
from mechgrok.plots.groups import Group, in_words, numeric, split
from mechgrok.plots.marks import Marks, mark
from mechgrok.plots.theme import COLOURS, INK, SEQUENTIAL, canvas, make_room_for_legend

FEW = 12
"""Up to this many points, a line has markers."""


def curves(
    table: pd.DataFrame,
    *,
    x: str,
    y: str,
    color: str | None = None,
    highlight: Collection[Any] = (),
    marks: Marks | None = None,
    log_x: bool = False,
    log_y: bool = False,
    title: str = "",
    x_title: str | None = None,
    y_title: str | None = None,
) -> go.Figure:
    """Lines of column `y` over column `x` of a long table, one for each value of `color`.

    More numbers in `color` than the palette has colours become a scale with a colour bar. Where `x` has one value only, as for a run with
    one checkpoint, there is a bar for each group, with its number above it; a missing number has no bar and is named as missing.

    Parameters
    ----------
    table : DataFrame
        A row for each point.
    x, y : str
        The columns of the axes.
    color : str, optional
        The column of groups.
    highlight : collection, default ()
        Values of `color` that are drawn in colour; all others are grey.
    marks : mapping of str to float, optional
        Vertical lines, from name to x position; None or NaN are left out.
    log_x, log_y : bool, default False
        Whether an axis is logarithmic; 0 keeps a place on the x axis, see `mechgrok.plots.axes.Scale`.
    title : str, default ""
        Of the figure.
    x_title, y_title : str, optional
        Quantity and unit; by default the names of the columns.

    Returns
    -------
    Figure

    Examples
    --------
    >>> table = pd.DataFrame({"step": [0, 9, 0, 9], "split": ["train", "train", "test", "test"], "loss": [4.7, 0.1, 4.7, 2.0]})
    >>> figure = curves(table, x="step", y="loss", color="split", y_title="loss (nats)")
    >>> [(trace.name, trace.y.tolist()) for trace in figure.data]
    [('train', [4.7, 0.1]), ('test', [4.7, 2.0])]
    """
    if table[x].nunique() == 1:
        return _one_place(table, x, y, color, log_y=log_y, title=title, x_title=x_title or in_words(x), y_title=y_title)
    figure = canvas(title)
    along = axes.scale(table[x], log=log_x, keep_zero=True)
    found = split(table, color, highlight)
    if color is not None and not len(highlight) and len(found) > len(COLOURS) and numeric(table, color):
        _draw_scale(figure, found, x, y, color, along)
    else:
        _draw_groups(figure, found, x, y, along)
    axes.dress(figure, along, axes.scale(table[y], log=log_y), x_title or in_words(x), y_title or in_words(y))
    mark(figure, marks, along)
    make_room_for_legend(figure)
    return figure


def _one_place(
    table: pd.DataFrame,
    x: str,
    y: str,
    color: str | None,
    *,
    log_y: bool,
    title: str,
    x_title: str,
    y_title: str | None,
    low: str | None = None,
    high: str | None = None,
) -> go.Figure:
    """A bar for each group, with its interval or else its number; a missing number has no bar and is named as missing."""
    known = table.dropna(subset=[y])
    positive = known[y][known[y] > 0]
    words: dict[str, Any] = {"log_y": log_y and positive.max() > 10 * positive.min(), "title": title, "y_title": y_title or in_words(y)}
    words |= {"low": low, "high": high}
    where = f"{x_title} {axes.in_digits(table[x].iloc[0])}"
    if color is not None and known[color].nunique() > len(COLOURS) and numeric(known, color):
        return bars(known, x=color, y=y, x_title=f"{in_words(color)}, {where}", **words)
    rows = pd.concat([group.rows.assign(group=group.name) for group in split(table, color)])
    figure = bars(rows, x="group", y=y, numbers=low is None, x_title=where, **words)
    figure.update_traces(width=0.6, selector={"type": "bar"})
    if len(known):
        _name_missing(figure, rows["group"][rows[y].isna()])
    named: dict[str, object] = {} if color is not None else {"showticklabels": False, "ticks": "", "range": [-1, 1]}
    return figure.update_xaxes(named)


def _name_missing(figure: go.Figure, groups: pd.Series[str]) -> None:
    """Write `missing` where the bars of these groups would stand."""
    foot = {"y": 0, "yref": "y domain", "yanchor": "bottom"}
    for name in groups:
        figure.add_annotation(x=name, xref="x", text=axes.MISSING, showarrow=False, font={"size": 11, "color": INK}, **foot)


def _draw_groups(figure: go.Figure, found: list[Group], x: str, y: str, along: axes.Scale) -> None:
    seen: set[str] = set()
    for group in found:
        line = {"color": group.colour, "dash": group.dash, "width": 1 if group.faded else 1.8}
        figure.add_trace(_line(group, x, y, along, line, legend=bool(group.name) and group.name not in seen))
        seen.add(group.name)


def _draw_scale(figure: go.Figure, found: list[Group], x: str, y: str, color: str, along: axes.Scale) -> None:
    values = [float(group.value) for group in found]
    low, high = min(values), max(values)
    for group, value in zip(found, values, strict=True):
        colour = sample_colorscale(SEQUENTIAL, (value - low) / (high - low))[0]
        figure.add_trace(_line(group, x, y, along, {"color": colour, "width": 1.4}, legend=False))
    bar = {"color": [low, high], "colorscale": SEQUENTIAL, "showscale": True, "colorbar": {"title": {"text": in_words(color)}}}
    figure.add_trace(go.Scatter(x=[None], y=[None], mode="markers", marker=bar, showlegend=False, hoverinfo="skip", name="colour bar"))


def _line(group: Group, x: str, y: str, along: axes.Scale, line: Mapping[str, object], *, legend: bool) -> go.Scatter:
    return go.Scatter(
        x=along.place(group.rows[x]),
        y=group.rows[y].to_numpy(),
        mode="lines+markers" if len(group.rows) <= FEW else "lines",
        name=group.name,
        legendgroup=group.name,
        showlegend=legend,
        line=line,
    )


def trajectory_bands(
    table: pd.DataFrame,
    *,
    x: str,
    y: str,
    low: str,
    high: str,
    color: str | None = None,
    marks: Marks | None = None,
    log_x: bool = False,
    log_y: bool = False,
    title: str = "",
    x_title: str | None = None,
    y_title: str | None = None,
) -> go.Figure:
    """Lines of column `y` within a shaded band from column `low` to column `high`, as for runs with several seeds.

    Where `x` has one value only, bars with their intervals.

    Parameters
    ----------
    table : DataFrame
        A row for each point.
    x, y : str
        The columns of the axes.
    low, high : str
        The columns of the ends of the band.
    color : str, optional
        The column of groups.
    marks : mapping of str to float, optional
        Vertical lines, from name to x position; None or NaN are left out.
    log_x, log_y : bool, default False
        Whether an axis is logarithmic; 0 keeps a place on the x axis.
    title : str, default ""
        Of the figure.
    x_title, y_title : str, optional
        Quantity and unit; by default the names of the columns.

    Returns
    -------
    Figure

    Examples
    --------
    >>> table = pd.DataFrame({"step": [0, 9], "mean": [0.1, 0.8], "low": [0.0, 0.7], "high": [0.2, 0.9]})
    >>> band, line = trajectory_bands(table, x="step", y="mean", low="low", high="high").data
    >>> list(band.y), line.y.tolist()
    ([0.2, 0.9, 0.7, 0.0], [0.1, 0.8])
    """
    if table[x].nunique() == 1:
        ends: dict[str, Any] = {"low": low, "high": high, "log_y": log_y}
        return _one_place(table, x, y, color, title=title, x_title=x_title or in_words(x), y_title=y_title, **ends)
    shared: dict[str, Any] = {"color": color, "marks": marks, "log_x": log_x, "log_y": log_y}
    figure = curves(table, x=x, y=y, title=title, x_title=x_title, y_title=y_title, **shared)
    along = axes.scale(table[x], log=log_x, keep_zero=True)
    lines = len(figure.data)
    figure.add_traces([_band(group, x, low, high, along) for group in split(table, color)])
    figure.data = figure.data[lines:] + figure.data[:lines]
    up = axes.scale(np.ravel(table[[low, y, high]]), log=log_y)
    return figure.update_yaxes({"range": None, **up.upright()})


def _band(group: Group, x: str, low: str, high: str, along: axes.Scale) -> go.Scatter:
    there = along.place(group.rows[x])
    edge = [*group.rows[high], *group.rows[low][::-1]]
    shade = {"mode": "none", "fill": "toself", "fillcolor": group.colour, "opacity": 0.2}
    return go.Scatter(
        x=[*there, *there[::-1]], y=edge, **shade, name=group.name, legendgroup=group.name, showlegend=False, hoverinfo="skip"
    )
