"""The size of a figure in print: from flags such as `--width 3.25in --font-size 8` to the pixels of its design."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from mechgrok.errors import UserError
from mechgrok.plots.panels import without_titles
from mechgrok.plots.sheet import pixels

UNITS: Mapping[str, float] = {"in": 1.0, "cm": 2.54, "mm": 25.4, "pt": 72.0}
"""How many make an inch."""
STYLES: Mapping[str, tuple[float, float, bool]] = {"paper": (3.25, 8, False), "talk": (10, 18, True)}
"""Width in inches, text in points, and whether there are titles. A column of a two-column paper; most of a slide."""
INCHES = "inches"
"""The key of a figure's width in print in `layout.meta`."""
NARROWEST, WIDEST = 250, 4000
"""Pixels of a design."""
_LENGTH = re.compile(r"(\d*\.?\d+)\s*(in|cm|mm|pt)")


@dataclass(frozen=True)
class PrintLayout:
    """The width in inches and in pixels of the design, None for a figure on the screen, and whether there are titles."""

    inches: float | None
    pixels: int | None
    titles: bool

    def finish(self, figure: go.Figure) -> go.Figure:
        """The figure with its width in inches, which `mechgrok.plots.files.export` reads, and without titles where it has none."""
        figure.update_layout(meta={**(figure.layout.meta or {}), **({INCHES: self.inches} if self.inches else {})} or None)
        return figure if self.titles else without_titles(figure)


def inches_of(figure: go.Figure) -> float | None:
    """The width of a figure in print; None where it has none."""
    return (figure.layout.meta or {}).get(INCHES)


def layout_of(style: str, width: str | None, font_size: float | None, titles: bool | None) -> PrintLayout:
    """The layout of a style with what is set otherwise. Raises UserError for sizes at which no figure can be read."""
    inches, points, has_titles = STYLES.get(style, STYLES["paper"])
    has_titles = style not in STYLES or has_titles
    titles = has_titles if titles is None else titles
    if style not in STYLES and width is None and font_size is None:
        return PrintLayout(None, None, titles)
    inches, points = inches if width is None else _inches(width), points if font_size is None else font_size
    if not points > 0:
        raise UserError(f"--font-size {points:g}: the text needs a size above 0 points")
    return PrintLayout(inches, _checked(pixels(inches, points), inches, points), titles)


def _inches(width: str) -> float:
    found = _LENGTH.fullmatch(width.strip())
    if found is None:
        raise UserError(f"--width {width}: give a number and a unit, such as 3.25in, 8.2cm, 82mm or 234pt")
    return float(found[1]) / UNITS[found[2]]


def _checked(design: int, inches: float, points: float) -> int:
    if not NARROWEST <= design <= WIDEST:
        what = "too large for" if design < NARROWEST else "too small for"
        raise UserError(f"text of {points:g} points is {what} a figure {inches:.3g} inch wide; between them lie {_between(inches)} points")
    return design


def _between(inches: float) -> str:
    smallest, largest = (pixels(inches, 1) / edge for edge in (WIDEST, NARROWEST))
    return f"{smallest:.2g} and {largest:.2g}"
