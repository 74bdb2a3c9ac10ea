"""A forest plot: intervals one below the other, as in a table of comparisons."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.plots import axes
from mechgrok.plots.theme import COLOURS, GREY, HEIGHT, INK, MARGIN, canvas, width

LETTERS = 44
"""Longer names go on in another line."""
LETTER_PIXELS, LINE_PIXELS, GAP_PIXELS = 7, 15, 9


def intervals(table: pd.DataFrame, *, name: str, mean: str, low: str, high: str, singles: str, x_title: str, title: str = "") -> go.Figure:
    """A forest plot: for each row its mean with a bar for the interval, and single values in grey; a line marks 0.

    Parameters
    ----------
    table : DataFrame
        A row for each comparison, the first on top.
    name : str
        The column of names.
    mean, low, high : str
        The columns of means and of the ends of their intervals.
    singles : str
        The column of single values, a sequence of numbers in each row.
    x_title : str
        Quantity and unit.
    title : str, default ""
        Of the figure.

    Returns
    -------
    Figure
        Its height grows with the rows.

    Examples
    --------
    >>> table = pd.DataFrame({"what": ["weak"], "mean": [0.2], "low": [0.1], "high": [0.4], "seeds": [[0.1, 0.3]]})
    >>> figure = intervals(table, name="what", mean="mean", low="low", high="high", singles="seeds", x_title="difference")
    >>> figure.data[0].x, figure.data[1].x.tolist()
    ((0.1, 0.3), [0.2])
    """
    names = [textwrap.wrap(words, LETTERS) or [""] for words in table[name]]
    heights = np.array([len(lines) * LINE_PIXELS + GAP_PIXELS for lines in names], dtype=float)
    places = -(np.cumsum(heights) - heights / 2)
    figure = canvas(title)
    figure.add_traces([_singles(table[singles].tolist(), places), _means(table, places, mean, low, high)])
    every = [value for row in table[singles] for value in row] + [*table[low], *table[high], 0.0]
    axes.dress(figure, axes.scale(every, log=False), axes.scale(places, log=False), x_title, "")
    figure.update_xaxes(zeroline=True, zerolinecolor=INK, zerolinewidth=1)
    ticks = {"tickmode": "array", "tickvals": places.tolist(), "ticktext": ["<br>".join(lines) for lines in names]}
    figure.update_yaxes(**ticks, ticks="", showline=False, range=[-heights.sum(), 0])
    left = 12 + LETTER_PIXELS * max(len(line) for lines in names for line in lines)
    figure.update_layout(
        width=width() - MARGIN["l"] + left, height=MARGIN["t"] + MARGIN["b"] + max(float(heights.sum()), HEIGHT / 8), margin={"l": left}
    )
    return figure


def _singles(values: list[list[float]], places: np.ndarray) -> go.Scatter:
    at = [place for place, row in zip(places.tolist(), values, strict=True) for _ in row]
    flat = [value for row in values for value in row]
    return go.Scatter(x=flat, y=at, mode="markers", marker={"color": GREY, "size": 5}, showlegend=False, name="single")


def _means(table: pd.DataFrame, places: np.ndarray, mean: str, low: str, high: str) -> go.Scatter:
    middle = table[mean].to_numpy()
    bars = {
        "type": "data",
        "array": table[high].to_numpy() - middle,
        "arrayminus": middle - table[low].to_numpy(),
        "thickness": 2,
        "width": 4,
    }
    marker = {"color": COLOURS[0], "size": 8}
    return go.Scatter(x=middle, y=places, mode="markers", marker=marker, error_x=bars, showlegend=False, name="mean")
