"""AUROC of several numbers in the four comparisons, side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from mechgrok.plots.theme import ACCENT, COLOURS, GREY, INK, canvas

PANEL, GAP, LETTER, LINE = 150, 22, 6.4, 19
"""Pixels: width of a panel and of the gap beside it, width of a letter, height of a line."""
TOP, BOTTOM = 52, 62
LETTERS = 18
"""Longer titles go on in another line."""
RANGE = (-0.02, 1.02)


def areas_figure(table: pd.DataFrame, numbers: Mapping[str, str], rivals: Sequence[str]) -> go.Figure:
    """A line for each number, a panel for each comparison: AUROC and 95 % interval on the runs that judge; grey on those that choose.

    `numbers` are the names of the numbers by their name in the table, from the top; those of `rivals` have another colour.
    """
    comparisons = list(dict.fromkeys(table["comparison"]))
    left = 16 + LETTER * max(map(len, numbers.values()))
    across, down = len(comparisons) * (PANEL + GAP) - GAP, LINE * len(numbers)
    figure = canvas("").update_layout(
        width=left + across + GAP, height=TOP + down + BOTTOM, margin={"l": left, "r": GAP, "t": TOP, "b": BOTTOM}
    )
    for place, comparison in enumerate(comparisons):
        rows = table[table["comparison"] == comparison].set_index("number").reindex(list(numbers)).reset_index()
        begin = place * (PANEL + GAP) / across
        _panel(figure, place, rows, rivals, comparison, (begin, begin + PANEL / across))
    figure.update_yaxes(**_lines(numbers))
    note = "AUROC (coloured: runs that judge, 95 % interval; grey: runs that choose)"
    figure.add_annotation(text=note, x=0.5, y=0, yshift=-44, xref="paper", yref="paper", showarrow=False, font={"size": 13})
    return figure


def _lines(numbers: Mapping[str, str]) -> dict[str, object]:
    count = len(numbers)
    ticks = {"tickmode": "array", "tickvals": list(range(count)), "ticktext": list(numbers.values())}
    return {**ticks, "ticks": "", "showline": False, "range": [count - 0.5, -0.5]}


def _panel(figure: go.Figure, place: int, rows: pd.DataFrame, rivals: Sequence[str], title: str, domain: tuple[float, float]) -> None:
    x = f"x{place + 1}" if place else "x"
    chosen = {"mode": "markers", "marker": {"color": GREY, "size": 6}, "showlegend": False, "xaxis": x}
    figure.add_trace(go.Scatter(x=rows["auroc_choosing"], y=rows.index, **chosen))
    for of_rivals, colour in ((False, COLOURS[0]), (True, ACCENT)):
        figure.add_trace(_judged(rows[rows["number"].isin(rivals) == of_rivals], colour, x))
    axis = {"domain": domain, "range": RANGE, "tickvals": [0, 0.5, 1], "showgrid": False, "anchor": "y"}
    figure.update_layout({f"xaxis{place + 1}" if place else "xaxis": axis})
    figure.add_shape(type="line", x0=0.5, x1=0.5, y0=0, y1=1, xref=x, yref="paper", line={"color": INK, "width": 1, "dash": "dot"})
    figure.add_annotation(
        text="<br>".join(textwrap.wrap(title, LETTERS)),
        x=sum(domain) / 2,
        y=1,
        yshift=8,
        xref="paper",
        yref="paper",
        xanchor="center",
        yanchor="bottom",
        showarrow=False,
    )


def _judged(rows: pd.DataFrame, colour: str, x: str) -> go.Scatter:
    bars = {"type": "data", "array": rows["high"] - rows["auroc"], "arrayminus": rows["auroc"] - rows["low"], "thickness": 1.5, "width": 3}
    marker = {"color": colour, "size": 7}
    return go.Scatter(x=rows["auroc"], y=rows.index, mode="markers", marker=marker, error_x=bars, showlegend=False, xaxis=x)
