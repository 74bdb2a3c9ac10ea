"""Bar charts, such as spectra, and histograms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from mechgrok.plots import axes
from mechgrok.plots.groups import Group, in_words, split
from mechgrok.plots.marks import Marks, mark
from mechgrok.plots.names import fit_names
from mechgrok.plots.theme import ACCENT, COLOURS, GREY, INK, MARGIN, canvas, make_room_for_legend, width

CLOSE = 0.05
"""Labels closer than this part of the axis would touch, so the second one is raised."""
PALE = 0.35
LABELLED = 10
"""More labels than this would overlap the title."""


def bars(
    table: pd.DataFrame,
    *,
    x: str,
    y: str,
    color: str | None = None,
    highlight: Collection[Any] = (),
    log_y: bool = False,
    numbers: bool = False,
    low: str | None = None,
    high: str | None = None,
    title: str = "",
    x_title: str | None = None,
    y_title: str | None = None,
) -> go.Figure:
    """Column `y` as bars over column `x` (a spectrum over frequencies), side by side for each value of `color`.

    Parameters
    ----------
    table : DataFrame
        A row for each bar.
    x, y : str
        The columns of positions and of heights.
    color : str, optional
        The column of groups.
    highlight : collection, default ()
        Values of `x`, such as the key frequencies. They are labelled, if they are few, and the other bars fade.
    log_y : bool, default False
        Whether the y axis is logarithmic.
    numbers : bool, default False
        Whether the height of each bar is written above it.
    low, high : str, optional
        The columns of the ends of an interval around each bar.
    title : str, default ""
        Of the figure.
    x_title, y_title : str, optional
        Quantity and unit; by default the names of the columns.

    Returns
    -------
    Figure
        Where a bar or an interval reaches below 0, with a line at 0.

    Examples
    --------
    >>> table = pd.DataFrame({"frequency": [1, 2, 3], "power": [0.1, 0.7, 0.2]})
    >>> figure = bars(table, x="frequency", y="power", highlight=[2], y_title="share of power")
    >>> figure.data[0].y.tolist(), figure.layout.yaxis.title.text, figure.layout.annotations[0].text
    ([0.1, 0.7, 0.2], 'share of power', '2')
    """
    figure = canvas(title)
    up = axes.scale([0.0, *np.ravel(table[[column for column in (y, low, high) if column]])], log=log_y)
    chosen = list(highlight)
    figure.add_traces([_bars(group, x, y, chosen).update(error_y=_interval(group.rows, y, low, high)) for group in split(table, color)])
    axes.dress(figure, axes.scale(table[x], log=False), up, x_title or in_words(x), y_title or in_words(y))
    if not pd.api.types.is_numeric_dtype(table[x]):
        figure.update_xaxes(dtick=1)
    figure.update_yaxes({"zeroline": True, "zerolinecolor": INK, "zerolinewidth": 1} if not log_y and up.lowest < 0 else {})
    if numbers:
        for trace in figure.select_traces(selector={"type": "bar"}):
            written = [axes.in_digits(value, 3) if pd.notna(value) else "" for value in trace.y]
            trace.update(text=written, textposition="outside", textfont={"size": 11}, cliponaxis=False)
    make_room_for_legend(figure, fit_names(figure, width() - MARGIN["l"] - MARGIN["r"]))
    if len(chosen) <= LABELLED:
        _label(figure, table[table[x].isin(chosen)].groupby(x)[y].max(), table[x].to_numpy(), up)
    return figure


def _bars(group: Group, x: str, y: str, chosen: list[Any]) -> go.Bar:
    bright = [not chosen or value in chosen for value in group.rows[x]]
    if group.name:
        marker: dict[str, object] = {"color": group.colour, "opacity": [1 if yes else PALE for yes in bright]}
    else:
        marker = {"color": [ACCENT if yes else GREY for yes in bright] if chosen else COLOURS[0]}
    values = {"x": group.rows[x].to_numpy(), "y": group.rows[y].to_numpy()}
    return go.Bar(**values, name=group.name, showlegend=bool(group.name), marker={**marker, "line": {"width": 0}})


def _interval(rows: pd.DataFrame, y: str, low: str | None, high: str | None) -> dict[str, object]:
    if low is None or high is None:
        return {}
    reach = {"array": (rows[high] - rows[y]).to_numpy(), "arrayminus": (rows[y] - rows[low]).to_numpy()}
    return {"type": "data", "symmetric": False, **reach, "thickness": 1, "width": 2, "color": INK}


def _label(figure: go.Figure, tops: pd.Series[float], places: NDArray[Any], up: axes.Scale) -> None:
    """Write the highlighted places above their highest bars; labels of neighbouring places are staggered above the highest bar of all."""
    order = pd.Series({place: index for index, place in enumerate(np.unique(places))}, dtype=float)
    known = tops[np.isfinite(up.place(tops))]
    run = (order[known.index].diff() >= CLOSE * len(order)).cumsum()
    lifts = run.groupby(run).cumcount()
    for place, top in known.groupby(run).transform("max").items():
        spot = {"x": place, "xref": "x", "y": up.annotate(float(top)), "yref": "y", "yshift": 8 + 12 * int(lifts[place])}
        figure.add_annotation(text=str(place), showarrow=False, font={"size": 11, "color": ACCENT}, **spot)


def histogram(
    values: ArrayLike | Mapping[str, ArrayLike],
    *,
    bins: int | None = None,
    marks: Marks | None = None,
    log_y: bool = False,
    title: str = "",
    x_title: str = "value",
    y_title: str = "count",
) -> go.Figure:
    """Counts of values in bins; several named samples are drawn over one another in the same bins.

    Parameters
    ----------
    values : array_like or mapping of str to array_like
        One sample, or several by name; any shape.
    bins : int, optional
        At most so many; by default plotly's choice.
    marks : mapping of str to float, optional
        Vertical lines, from name to position; None or NaN are left out.
    log_y : bool, default False
        Whether the counts are on a logarithmic axis.
    title : str, default ""
        Of the figure.
    x_title, y_title : str
        By default "value" and "count".

    Returns
    -------
    Figure

    Examples
    --------
    >>> figure = histogram({"train": [0.1, 0.2], "test": [0.9]}, marks={"chance": 0.5}, x_title="accuracy")
    >>> [(trace.name, trace.x.tolist()) for trace in figure.data]
    [('train', [0.1, 0.2]), ('test', [0.9])]
    """
    figure = canvas(title)
    samples = values if isinstance(values, Mapping) else {"": values}
    for index, (name, sample) in enumerate(samples.items()):
        figure.add_trace(_histogram(name, np.ravel(np.asarray(sample)), COLOURS[index % len(COLOURS)], bins, opaque=len(samples) == 1))
    along = axes.scale(np.concatenate([trace.x for trace in figure.data]), log=False)
    axes.dress(figure, along, axes.scale(np.empty(0), log=False), x_title, y_title)
    figure.update_yaxes({"type": "log", "dtick": 1, "tickformat": ",d"} if log_y else {})
    mark(figure, marks, along)
    make_room_for_legend(figure)
    return figure


def _histogram(name: str, sample: NDArray[Any], colour: str, bins: int | None, *, opaque: bool) -> go.Histogram:
    look = {"color": colour, "opacity": 1 if opaque else 0.55, "line": {"width": 0}}
    together = {"bingroup": "x", "offsetgroup": "same place"}
    return go.Histogram(x=sample, nbinsx=bins, name=name, showlegend=bool(name), marker=look, **together)
