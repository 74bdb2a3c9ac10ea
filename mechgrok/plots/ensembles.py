"""Curves of several runs in groups: a thin line for each run, the median of each group, and the interval of the median."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mechgrok.plots import axes
from mechgrok.plots.theme import canvas, make_room_for_legend, palette


@dataclass(frozen=True)
class Ensemble:
    """The curves of one group over the same places.

    Attributes
    ----------
    x : ndarray (places,)
    runs : ndarray (n, places)
        A row for each run; NaN where it has no value.
    middle, low, high : ndarray (places,)
        The median and the ends of its interval; NaN where there is none.
    """

    x: NDArray[np.float64]
    runs: NDArray[np.float64]
    middle: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def ensembles(
    groups: Mapping[str, Ensemble],
    *,
    log_x: bool = False,
    log_y: bool = False,
    title: str = "",
    x_title: str = "step",
    y_title: str = "value",
) -> go.Figure:
    """Curves of several runs, a colour for each group: runs as thin lines, the median as a thick one, its interval as a band.

    Parameters
    ----------
    groups : mapping of str to Ensemble
        By name.
    log_x, log_y : bool, default False
        Whether an axis is logarithmic; 0 keeps a place on the x axis.
    title : str, default ""
        Of the figure.
    x_title, y_title : str
        Quantity and unit.

    Returns
    -------
    Figure
        Without thin lines for a group of one run.

    Examples
    --------
    >>> runs = np.array([[0.0, 1.0], [0.2, 0.6], [0.1, 0.8]])
    >>> none = np.full(2, np.nan)
    >>> figure = ensembles({"decay 1": Ensemble(np.array([10.0, 20.0]), runs, np.median(runs, 0), none, none)}, y_title="accuracy")
    >>> [trace.mode for trace in figure.data], figure.data[1].y.tolist()
    (['lines', 'lines'], [0.1, 0.8])
    """
    figure = canvas(title)
    every = [np.concatenate([group.x for group in groups.values()]), np.concatenate([group.runs.ravel() for group in groups.values()])]
    along, up = axes.scale(every[0], log=log_x, keep_zero=True), axes.scale(every[1], log=log_y)
    looks = [palette(index) for index in range(len(groups))]
    for draw in (_runs, _band, _median):
        for look, (name, group) in zip(looks, groups.items(), strict=True):
            figure.add_traces(draw(name, group, along.place(group.x), look))
    axes.dress(figure, along, up, x_title, y_title)
    make_room_for_legend(figure)
    return figure


def _runs(name: str, group: Ensemble, at: NDArray[np.float64], look: Mapping[str, str]) -> list[go.Scatter]:
    """All runs as one line with gaps: a trace for each of hundreds of runs would take seconds."""
    if len(group.runs) < 2:
        return []
    gap = np.full((len(group.runs), 1), np.nan)
    x, y = np.hstack([np.tile(at, (len(group.runs), 1)), gap]).ravel(), np.hstack([group.runs, gap]).ravel()
    line = {"color": look["color"], "width": 0.8}
    return [go.Scatter(x=x, y=y, mode="lines", line=line, opacity=0.45, name=name, legendgroup=name, showlegend=False, hoverinfo="skip")]


def _band(name: str, group: Ensemble, at: NDArray[np.float64], look: Mapping[str, str]) -> list[go.Scatter]:
    known = ~np.isnan(group.low)
    if not known.any():
        return []
    x = np.concatenate([at[known], at[known][::-1]])
    y = np.concatenate([group.high[known], group.low[known][::-1]])
    shade = {"mode": "none", "fill": "toself", "fillcolor": look["color"], "opacity": 0.18}
    return [go.Scatter(x=x, y=y, **shade, name=name, legendgroup=name, showlegend=False, hoverinfo="skip")]


def _median(name: str, group: Ensemble, at: NDArray[np.float64], look: Mapping[str, str]) -> list[go.Scatter]:
    line = {**look, "width": 2}
    return [go.Scatter(x=at, y=group.middle, mode="lines", line=line, name=name, legendgroup=name, showlegend=bool(name))]
