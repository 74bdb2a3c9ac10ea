"""The axes of a figure in pixels, with the ranges and ticks that plotly would choose."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mechgrok.plots.axes import in_digits

PADDING = 0.05
"""Part of its length that an axis leaves free at each end; an axis of x under lines alone leaves none."""
INTERVALS = 6
"""Intervals between ticks, at most."""


@dataclass(frozen=True)
class Axis:
    """One axis of a panel."""

    start: float
    end: float
    """Pixels at which the lowest and the highest value stand."""
    low: float
    high: float
    """The range; of a logarithmic axis, that of log10."""
    log: bool
    ticks: dict[float, str]
    title: str

    def at(self, values: Any) -> NDArray[np.float64]:
        """The pixels of values; NaN for those without a place."""
        numbers = plain(values)
        if self.log:
            numbers = np.log10(np.where(numbers > 0, numbers, np.nan))
        return self.start + (numbers - self.low) / (self.high - self.low) * (self.end - self.start)

    def share(self, part: float) -> float:
        """The pixel of a part of the axis, 0 being its start."""
        return self.start + part * (self.end - self.start)


def plain(values: Any) -> NDArray[np.float64]:
    """An array of a figure as numbers, NaN where one is absent; plotly may hold it as the base64 code of its bytes."""
    if isinstance(values, Mapping):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).astype(float)
    return np.array([np.nan if value is None else value for value in np.ravel(values)], dtype=float)


def axes(figure: go.Figure) -> dict[str, Axis]:
    """The axes of a figure by name: "x", "y", "x2", ...

    Raises
    ------
    ValueError
        Where an axis shows something else than numbers.
    """
    names = dict.fromkeys(name for trace in figure.data for name in (trace.xaxis or "x", trace.yaxis or "y"))
    return {name: _axis(figure, name) for name in names}


def settings(figure: go.Figure, name: str) -> Any:
    """The layout of the axis that traces call "x", "y", "x2", ..."""
    return figure.layout[f"{name[0]}axis{name[1:]}"]


def _axis(figure: go.Figure, name: str) -> Axis:
    layout = settings(figure, name)
    low, high = _range(figure, name, layout)
    ticks = _ticks(layout, low, high)
    return Axis(*_pixels(figure, name, layout), low, high, layout.type == "log", ticks, layout.title.text or "")


def _pixels(figure: go.Figure, name: str, layout: Any) -> tuple[float, float]:
    margin, (low, high) = figure.layout.margin, layout.domain or (0, 1)
    if name.startswith("x"):
        inside = figure.layout.width - margin.l - margin.r
        return margin.l + low * inside, margin.l + high * inside
    inside = figure.layout.height - margin.t - margin.b
    return margin.t + (1 - low) * inside, margin.t + (1 - high) * inside


def _range(figure: go.Figure, name: str, layout: Any) -> tuple[float, float]:
    """The range that is set, with ends that are not from the values."""
    low, high = layout.range or (None, None)
    if low is None or high is None:
        own = _range_of_values(figure, name, layout)
        low, high = own[0] if low is None else low, own[1] if high is None else high
    return float(low), float(high)


def _range_of_values(figure: go.Figure, name: str, layout: Any) -> tuple[float, float]:
    values = np.concatenate([plain(found) for found in _values(figure, name)])
    if layout.type == "log":
        values = np.log10(values[values > 0])
    values = values[np.isfinite(values)]
    if not values.size or values.min() == values.max():
        raise ValueError(f"axis {name} has no range")
    low, high = float(values.min()), float(values.max())
    free = 0.0 if name.startswith("x") and not _has_points(figure, name) else PADDING / (1 - 2 * PADDING) * (high - low)
    return low - free, high + free


def _values(figure: go.Figure, name: str) -> Iterator[Any]:
    letter = name[0]
    yield from (trace[letter] for trace in figure.data if (trace[f"{letter}axis"] or letter) == name and trace[letter] is not None)
    yield from ([shape[f"{letter}0"], shape[f"{letter}1"]] for shape in figure.layout.shapes if shape[f"{letter}ref"] == name)


def _has_points(figure: go.Figure, name: str) -> bool:
    of_axis = [trace for trace in figure.data if (trace.xaxis or "x") == name and np.isfinite(plain(trace.x)).any()]
    return any("markers" in (trace.mode or "") for trace in of_axis)


def _ticks(layout: Any, low: float, high: float) -> dict[float, str]:
    if layout.ticks == "" or layout.showticklabels is False:
        return {}
    if layout.tickvals is not None:
        return dict(zip(plain(layout.tickvals).tolist(), layout.ticktext, strict=True))
    if layout.type == "log":
        return {value: in_digits(value) for value in _powers(low, high)}
    interval = _interval((high - low) / INTERVALS)
    steps = range(math.ceil(low / interval - PADDING / 100), math.floor(high / interval + PADDING / 100) + 1)
    return {step * interval: in_digits(step * interval) for step in steps}


def _powers(low: float, high: float) -> list[float]:
    """Powers of ten between two logarithms; where they are less than two, also their double and fivefold."""
    powers = [10.0**power for power in range(math.floor(low), math.floor(high) + 1)]
    inside = [power for power in powers if low <= math.log10(power)]
    if len(inside) > 1:
        return inside
    return [digit * power for power in powers for digit in (1, 2, 5) if low <= math.log10(digit * power) <= high]


def _interval(least: float) -> float:
    """The smallest of 1, 2, 5, 10, ... that is no smaller."""
    power = 10.0 ** math.floor(math.log10(least))
    return power * next(digit for digit in (1, 2, 5, 10) if digit * power >= least * (1 - 1e-9))
