"""Scatter plots: one quantity against another."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from mechgrok.plots import axes
from mechgrok.plots.groups import Group, in_words, numeric, split
from mechgrok.plots.theme import SEQUENTIAL, canvas, make_room_for_legend


def scatter(
    table: pd.DataFrame,
    *,
    x: str,
    y: str,
    color: str | None = None,
    label: str | None = None,
    equal_aspect: bool = False,
    log_x: bool = False,
    log_y: bool = False,
    title: str = "",
    x_title: str | None = None,
    y_title: str | None = None,
) -> go.Figure:
    """A point for each row, column `y` against column `x`.

    Parameters
    ----------
    table : DataFrame
        A row for each point.
    x, y : str
        The columns of the axes.
    color : str, optional
        The column of groups, with a legend; or of numbers, as a scale with a colour bar.
    label : str, optional
        The column of texts beside the points.
    equal_aspect : bool, default False
        Whether both axes have the same unit of length, so that circles are round.
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
    >>> table = pd.DataFrame({"x": [1.0, 0.0], "y": [0.0, 1.0], "token": [0, 1]})
    >>> figure = scatter(table, x="x", y="y", label="token", equal_aspect=True)
    >>> list(figure.data[0].text), figure.layout.yaxis.scaleanchor
    (['0', '1'], 'x')
    """
    figure = canvas(title)
    along = axes.scale(table[x], log=log_x, keep_zero=True)
    if color is not None and numeric(table, color):
        figure.add_trace(_points(split(table, None)[0], x, y, label, along, _shaded(table, color)))
    else:
        figure.add_traces([_points(group, x, y, label, along, {"color": group.colour}) for group in split(table, color)])
    axes.dress(figure, along, axes.scale(table[y], log=log_y), x_title or in_words(x), y_title or in_words(y))
    make_room_for_legend(figure)
    if equal_aspect:
        figure.update_yaxes(scaleanchor="x", constrain="domain")
        figure.update_xaxes(constrain="domain")
    return figure


def _shaded(table: pd.DataFrame, color: str) -> dict[str, object]:
    return {"color": table[color].to_numpy(), "colorscale": SEQUENTIAL, "showscale": True, "colorbar": {"title": {"text": in_words(color)}}}


def _points(group: Group, x: str, y: str, label: str | None, along: axes.Scale, marker: dict[str, object]) -> go.Scatter:
    text = (
        {"text": group.rows[label].astype(str), "textposition": "top center", "textfont": {"size": 10}, "cliponaxis": False}
        if label
        else {}
    )
    return go.Scatter(
        x=along.place(group.rows[x]),
        y=group.rows[y].to_numpy(),
        mode="markers+text" if label else "markers",
        name=group.name,
        showlegend=bool(group.name),
        marker={"line": {"width": 0}, **marker},
        **text,
    )
