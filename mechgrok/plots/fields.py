"""Heatmaps: a value over two axes, as colour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from mechgrok.plots import axes
from mechgrok.plots.bars import bars
from mechgrok.plots.groups import in_words
from mechgrok.plots.marks import Marks, mark
from mechgrok.plots.theme import DIVERGING, SEQUENTIAL, canvas


def heatmap(
    array: ArrayLike,
    *,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    symmetric: bool = False,
    title: str = "",
    x_title: str = "column",
    y_title: str = "row",
    value_title: str = "",
) -> go.Figure:
    """A matrix as colours, row 0 at the bottom; cells of a square matrix are square.

    Parameters
    ----------
    array : array_like (rows, columns)
    x, y : array_like, optional
        Coordinates or names of the columns and rows; by default their indices.
    symmetric : bool, default False
        Whether a diverging scale is centred on 0, for signed values.
    title : str, default ""
        Of the figure.
    x_title, y_title : str
        By default "column" and "row".
    value_title : str, default ""
        Of the colour bar.

    Returns
    -------
    Figure

    Examples
    --------
    >>> figure = heatmap([[0.0, -2.0], [1.0, 0.5]], symmetric=True, x_title="a", y_title="b")
    >>> figure.data[0].z[0].tolist(), figure.data[0].zmin, figure.data[0].zmax
    ([0.0, -2.0], -2.0, 2.0)
    """
    values = np.asarray(array)
    columns = np.arange(values.shape[1]) if x is None else np.asarray(x)
    rows = np.arange(values.shape[0]) if y is None else np.asarray(y)
    figure = canvas(title)
    figure.add_trace(_field(values, columns, rows, symmetric=symmetric, value_title=value_title))
    line = axes.scale(np.empty(0), log=False)
    axes.dress(figure, line, line, x_title, y_title)
    figure.update_xaxes(_name_all(columns))
    figure.update_yaxes(_name_all(rows))
    if values.shape[0] == values.shape[1]:
        figure.update_yaxes(scaleanchor="x", constrain="domain")
    figure.update_xaxes(constrain="domain")
    return figure


def _name_all(places: NDArray[Any]) -> dict[str, object]:
    """Axis settings that write every name, where the places have names."""
    return {} if np.issubdtype(places.dtype, np.number) else {"tickmode": "array", "tickvals": places.tolist()}


def frequency_map(
    table: pd.DataFrame,
    *,
    value: str,
    x: str = "step",
    y: str = "frequency",
    symmetric: bool = False,
    marks: Marks | None = None,
    log_x: bool = False,
    title: str = "",
    x_title: str | None = None,
    y_title: str | None = None,
    value_title: str | None = None,
) -> go.Figure:
    """Column `value` of a long table as colour over training steps and frequencies; a pair that is absent stays white.

    With one place on the x axis, as for a run with one checkpoint, bars over `y` are drawn instead.

    Parameters
    ----------
    table : DataFrame
        A row for each pair of `x` and `y`.
    value : str
        The column that is drawn as colour.
    x, y : str
        The columns of the axes, by default "step" and "frequency".
    symmetric : bool, default False
        Whether a diverging scale is centred on 0, for signed values.
    marks : mapping of str to float, optional
        Vertical lines, from name to x position; None or NaN are left out.
    log_x : bool, default False
        Whether the x axis is logarithmic; 0 keeps a place on it.
    title : str, default ""
        Of the figure.
    x_title, y_title, value_title : str, optional
        Quantity and unit; by default the names of the columns.

    Returns
    -------
    Figure

    Examples
    --------
    >>> table = pd.DataFrame({"step": [0, 0, 9, 9], "frequency": [1, 2, 1, 2], "power": [0.5, 0.5, 0.9, 0.1]})
    >>> frequency_map(table, value="power").data[0].z.tolist()
    [[0.5, 0.9], [0.5, 0.1]]
    """
    if table[x].nunique() == 1:
        where = f"{y_title or in_words(y)}, {x_title or in_words(x)} {axes.in_digits(table[x].iloc[0])}"
        return bars(table, x=y, y=value, title=title, x_title=where, y_title=value_title or in_words(value))
    wide = table.pivot(index=y, columns=x, values=value)
    along = axes.scale(table[x], log=log_x, keep_zero=True)
    figure = canvas(title)
    cells = wide.to_numpy(), along.place(wide.columns), wide.index.to_numpy()
    figure.add_trace(_field(*cells, symmetric=symmetric, value_title=value_title or in_words(value)))
    axes.dress(figure, along, axes.scale(table[y], log=False), x_title or in_words(x), y_title or in_words(y))
    mark(figure, marks, along, colour="white")
    return figure


def _field(values: NDArray[Any], x: NDArray[Any], y: NDArray[Any], *, symmetric: bool, value_title: str) -> go.Heatmap:
    largest = float(np.nanmax(np.abs(values))) if symmetric else None
    limits = {"zmin": -largest, "zmax": largest} if largest else {}
    scale = DIVERGING if symmetric else SEQUENTIAL
    return go.Heatmap(z=values, x=x, y=y, colorscale=scale, colorbar={"title": {"text": value_title}}, **limits)
