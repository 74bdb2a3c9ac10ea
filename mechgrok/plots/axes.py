"""Axes: their titles and scales, linear, and logarithmic with step 0 in view."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from mechgrok.plots.theme import INK

DECADES = 6
"""At most this many labelled powers of ten on one axis."""
SAME = 1e-9
"""Relative difference below which numbers count as equal."""
NONE, MISSING = "none", "missing"
"""Written in place of a drawing: without rows, and with rows whose values are all missing."""
THIN_SPACE = "\u2009"


@dataclass(frozen=True)
class Scale:
    """The position of values on an axis.

    A logarithmic axis has no place for 0, but step 0 is the untrained model. Where 0 is among the values it is drawn at half the smallest
    positive one, under a tick with the label 0.
    """

    log: bool
    zero: float | None
    lowest: float
    highest: float

    def place(self, values: ArrayLike) -> NDArray[Any]:
        """The positions of values, of the same shape; NaN for negative ones on a logarithmic axis."""
        if not self.log:
            return np.asarray(values)
        numbers = np.asarray(values, dtype=float)
        placed = np.where(numbers > 0, numbers, np.nan)
        return placed if self.zero is None else np.where(numbers == 0, self.zero, placed)

    def share(self, position: float) -> float:
        """The position as a fraction of the axis, from 0 to 1; 0 where the axis has no extent."""
        low, high, at = (math.log10(end) if self.log else end for end in (self.zero or self.lowest, self.highest, position))
        return (at - low) / (high - low) if high > low else 0.0

    def annotate(self, value: float) -> float:
        """The position of an annotation, which plotly takes as a logarithm on a logarithmic axis."""
        return math.log10(float(self.place(value))) if self.log else value

    def upright(self) -> dict[str, object]:
        """Settings of the axis of values: a constant is drawn half way up from 0, between round numbers."""
        constant = math.isclose(self.lowest, self.highest, rel_tol=SAME) and self.lowest != 0
        return {"range": sorted([0.0, 2 * self.lowest])} if constant else self.settings()

    def settings(self) -> dict[str, object]:
        """Type and ticks in the form of plotly's layout."""
        if self.lowest == self.highest:
            return {"tickmode": "array", "tickvals": [self.lowest], "ticktext": [in_digits(self.lowest)]}
        if not self.log:
            return {}
        ticks = _ticks(self.lowest, self.highest)
        if self.zero is not None:
            ticks = {self.zero: "0", **ticks}
        return {"type": "log", "tickmode": "array", "tickvals": list(ticks), "ticktext": list(ticks.values())}


def _ticks(low: float, high: float) -> dict[float, str]:
    """Powers of ten where the axis has at least two, else 1, 2 and 5 times a power, else its ends."""
    bottom, top = math.floor(math.log10(low)), math.ceil(math.log10(high))
    powers = [power for power in range(bottom, top + 1) if low <= 10.0**power <= high]
    if len(powers) > 1:
        return {10.0**power: _power(power) for power in powers[:: math.ceil(len(powers) / DECADES)]}
    round_ones = [digit * 10.0**power for power in range(bottom, top + 1) for digit in (1, 2, 5) if low <= digit * 10.0**power <= high]
    return {value: in_digits(value) for value in (round_ones if len(round_ones) > 1 else [low, high])}


def _power(exponent: int) -> str:
    return str(10**exponent) if 0 <= exponent < 3 else f"10<sup>{str(exponent).replace('-', '−')}</sup>"


def in_digits(value: float, digits: int = 6) -> str:
    """`3 000` for 3000, and `2×10⁻⁶` for 2e-06."""
    mantissa, _, exponent = f"{value:,.{digits}g}".replace(",", THIN_SPACE).partition("e")
    return mantissa if not exponent else f"{mantissa}×{_power(int(exponent))}"


def scale(values: ArrayLike, *, log: bool, keep_zero: bool = False) -> Scale:
    """The scale of an axis that shows `values`; logarithmic only where some of them are positive."""
    numbers = np.asarray(values)
    if not np.issubdtype(numbers.dtype, np.number):
        return Scale(log=False, zero=None, lowest=math.nan, highest=math.nan)
    numbers = numbers[np.isfinite(numbers)]
    positive = numbers[numbers > 0] if log else numbers[:0]
    if not positive.size:
        return Scale(False, None, *_ends(numbers))
    zero = float(positive.min()) / 2 if keep_zero and (numbers == 0).any() else None
    return Scale(True, zero, *_ends(positive))


def _ends(numbers: NDArray[Any]) -> tuple[float, float]:
    return (float(numbers.min()), float(numbers.max())) if numbers.size else (math.nan, math.nan)


def dress(figure: go.Figure, along: Scale, up: Scale, x_title: str, y_title: str) -> None:
    """Set the scale and the title, which names the quantity and its unit, of both axes of a figure that holds its traces."""
    figure.update_xaxes({**along.settings(), "title": {"text": x_title}})
    figure.update_yaxes({**up.upright(), "title": {"text": y_title}})
    if not any(map(_shows, figure.data)):
        _write_instead(figure, MISSING if any(map(_has_entries, figure.data)) else NONE)


def _shows(trace: Any) -> bool:
    """Whether a trace has a value that can be drawn."""
    return all(pd.notna(np.asarray(values)).any() for values in (trace.x, trace.y) if values is not None)


def _has_entries(trace: Any) -> bool:
    """Whether a trace has points or bars, of known or of missing values."""
    return trace.y is not None and len(trace.y) > 0


def _write_instead(figure: go.Figure, word: str) -> None:
    """Draw axes without numbers, and a word: plotly leaves out the axes of a panel without a trace, and invents numbers without values."""
    figure.add_trace(go.Scatter(x=[None], y=[None], mode="markers", showlegend=False, hoverinfo="skip", name="none"))
    figure.update_layout({axis: {"showticklabels": False, "ticks": ""} for axis in ("xaxis", "yaxis")})
    middle = {"x": 0.5, "y": 0.5, "xref": "x domain", "yref": "y domain"}
    figure.add_annotation(text=word, showarrow=False, font={"color": INK}, **middle)
