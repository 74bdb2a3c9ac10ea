"""Names below an x axis: horizontal where they fit side by side, else vertical, and the height that they then take."""

from __future__ import annotations

from itertools import pairwise

import plotly.graph_objects as go

LETTER = 6.5
"""Pixels of a letter of an axis, on average."""
GAP = 4
"""Pixels between two names, at the least."""
LINE = 16
"""Pixels of a horizontal row of names, for which every axis has room."""


def fit_names(figure: go.Figure, width: int) -> int:
    """Turn the names of an axis vertical unless they fit into its `width` in pixels; return the extra height that they take."""
    names = list(dict.fromkeys(value for trace in figure.data for value in _places(trace) if isinstance(value, str)))
    widths = [LETTER * len(name) for name in names]
    if all((one + other) / 2 + GAP <= width / len(names) for one, other in pairwise(widths)):
        return 0
    figure.update_xaxes(tickangle=-90)
    return max(0, round(max(widths)) - LINE)


def _places(trace: object) -> tuple[object, ...]:
    places = getattr(trace, "x", None)
    return () if places is None else tuple(places)
