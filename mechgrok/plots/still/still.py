"""A figure of lines as static SVG."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go

from mechgrok.plots.still.legends import POINT, legend_names, legends
from mechgrok.plots.still.scales import Axis, axes
from mechgrok.plots.still.svg import dashes, element, path, text, width
from mechgrok.plots.theme import COLOURS, FONT, INK

TICK = 4
FIELDS = ("x", "y")
ANCHORS = {"left": "start", "right": "end", "center": "middle"}
MODES = ("lines", "markers", "lines+markers", "none")


def still(figure: go.Figure) -> str | None:
    """The figure as it stands, as an SVG; None where it has more than lines, shades and notes."""
    if not all(map(_is_plain, figure.data)) or any(figure.layout[name].y is None for name in legend_names(figure)):
        return None
    try:
        found = axes(figure)
        parts = [*_shapes(figure, found), *_lines(figure, found), *_frames(found), *_notes(figure, found), *legends(figure)]
    except (KeyError, TypeError, ValueError):
        # Places on the paper, sizes by point and dashes by name are left to plotly.
        return None
    size = {"width": figure.layout.width, "height": figure.layout.height}
    box = f"0 0 {size['width']} {size['height']}"
    return element("svg", "".join(parts), **{"class": "still"}, **size, viewBox=box, font_family=FONT, fill=INK, aria_hidden="true")


def _is_plain(trace: Any) -> bool:
    """Whether a trace is lines, shades or points of one colour and a round or square symbol."""
    plain = trace.type == "scatter" and trace.mode in MODES and trace.fill in (None, "none", "toself")
    return plain and isinstance(trace.marker.color, str | None) and trace.marker.symbol in (None, "circle", "square")


def _shapes(figure: go.Figure, found: dict[str, Axis]) -> Iterator[str]:
    for shape in figure.layout.shapes:
        (x0, x1), (y0, y1) = (sorted(_ends(shape, letter, found)) for letter in FIELDS)
        if shape.type == "rect":
            yield element("rect", x=x0, y=y0, width=x1 - x0, height=y1 - y0, fill=shape.fillcolor or "none")
        elif shape.type == "line":
            line: dict[str, Any] = {"stroke": shape.line.color or INK, "stroke_width": shape.line.width or 1}
            yield element("path", d=f"M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}", **line, **dashes(shape.line.dash, shape.line.width or 1))
            yield from _flag(shape.label, x1, y0)


def _flag(label: Any, x: float, y: float) -> Iterator[str]:
    """The name of a vertical line, beside its upper end."""
    if label.text:
        away = 3 if label.xanchor == "left" else -3
        yield text(label.text, x + away, y + 11, font_size=label.font.size or 11, text_anchor=ANCHORS[label.xanchor])


def _ends(shape: Any, letter: str, found: dict[str, Axis]) -> list[float]:
    reference = shape[f"{letter}ref"] or letter
    axis, ends = found[reference.split()[0]], (shape[f"{letter}0"], shape[f"{letter}1"])
    return [axis.share(end) if reference.endswith("domain") else float(axis.at(end)[0]) for end in ends]


def _lines(figure: go.Figure, found: dict[str, Axis]) -> Iterator[str]:
    for index, trace in enumerate(figure.data):
        x, y = (found[trace[f"{letter}axis"] or letter].at(trace[letter]) for letter in FIELDS)
        shown = {"opacity": trace.opacity} if trace.opacity else {}
        colour = trace.line.color or COLOURS[index % len(COLOURS)]
        if trace.fill == "toself":
            yield element("path", d=path(x, y, closed=True), fill=trace.fillcolor or colour, **shown)
        if "lines" in trace.mode and (d := path(x, y)):
            wide = trace.line.width or 2
            yield element(
                "path",
                d=d,
                fill="none",
                stroke=colour,
                stroke_width=wide,
                stroke_linejoin="round",
                **dashes(trace.line.dash, wide),
                **shown,
            )
        if "markers" in trace.mode:
            radius = float(trace.marker.size or POINT) / 2
            places = [place for place in zip(x, y, strict=True) if np.isfinite(place).all()]
            yield from (element("circle", cx=cx, cy=cy, r=radius, fill=trace.marker.color or colour, **shown) for cx, cy in places)


def _frames(found: dict[str, Axis]) -> Iterator[str]:
    """The lines of the axes of each panel, with ticks and titles."""
    for name, across in found.items():
        up = found.get(f"y{name[1:]}")
        if name.startswith("x") and up is not None:
            corner = f"M{across.start:g} {up.end:g}V{up.start:g}H{across.end:g}"
            yield element("path", d=corner, fill="none", stroke=INK)
            yield from _below(across, up.start)
            yield from _beside(up, across.start)


def _below(axis: Axis, bottom: float) -> Iterator[str]:
    for value, words in _inside(axis):
        yield element("path", d=f"M{value:.1f} {bottom:g}v{TICK}", stroke=INK)
        yield text(words, value, bottom + 19, font_size=12, text_anchor="middle")
    yield text(axis.title, axis.share(0.5), bottom + 39, font_size=13, text_anchor="middle")


def _beside(axis: Axis, left: float) -> Iterator[str]:
    widest = 0.0
    for value, words in _inside(axis):
        widest = max(widest, width(words, 12))
        yield element("path", d=f"M{left:g} {value:.1f}h-{TICK}", stroke=INK)
        yield text(words, left - 7, value + 4.5, font_size=12, text_anchor="end")
    place = f"translate({left - 18 - widest:.1f} {axis.share(0.5):.1f}) rotate(-90)"
    yield text(axis.title, 0, 0, transform=place, font_size=13, text_anchor="middle")


def _inside(axis: Axis) -> Iterator[tuple[float, str]]:
    for value, words in axis.ticks.items():
        pixel = float(axis.at(value)[0])
        if min(axis.start, axis.end) - 0.5 <= pixel <= max(axis.start, axis.end) + 0.5:
            yield pixel, words


def _notes(figure: go.Figure, found: dict[str, Axis]) -> Iterator[str]:
    """Annotations at places of axes; a note of several lines is left to plotly."""
    for note in figure.layout.annotations:
        x, y = (_place(note, letter, found) for letter in FIELDS)
        down = {"bottom": -4, "top": 12}.get(note.yanchor, 4.5)
        size = note.font.size or 13
        yield text(
            note.text,
            x + (note.xshift or 0) + 2,
            y - (note.yshift or 0) + down,
            font_size=size,
            text_anchor=ANCHORS.get(note.xanchor, "middle"),
        )


def _place(note: Any, letter: str, found: dict[str, Axis]) -> float:
    reference = note[f"{letter}ref"] or letter
    axis, at = found[reference.split()[0]], note[letter]
    return axis.share(at) if reference.endswith("domain") else axis.share((at - axis.low) / (axis.high - axis.low))
