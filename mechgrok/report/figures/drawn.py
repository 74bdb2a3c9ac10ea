"""Figures as the page draws them: plotly's JSON, and its size."""

from __future__ import annotations

import json
from typing import Any

import plotly.graph_objects as go

from mechgrok.plots import theme
from mechgrok.plots.theme import HEIGHT, WIDTH

UNTITLED = 14
"""Pixels above a figure without a title; the page has its own."""
BROAD = 620
"""A figure wider than this many pixels has a printed page's width for itself; others stand two beside each other."""
COLUMN, SHEET = 330, 690
"""Width in pixels of a column and of a whole page on A4 paper."""
SMALLEST = 0.62
"""On paper a figure is made smaller at least by this factor, which leaves its text at 6 points."""


def spec(figure: go.Figure) -> dict[str, Any]:
    """What plotly.js draws, and its size in pixels; the template, which all figures share, is left out."""
    found: dict[str, Any] = json.loads(figure.to_json())
    layout = found["layout"]
    layout.pop("template", None)
    width, height = layout.setdefault("width", WIDTH), layout.setdefault("height", HEIGHT)
    if not (layout.get("title", {}).get("text") or layout.get("annotations") or layout.get("shapes")):
        layout["margin"] = layout.get("margin", {}) | {"t": UNTITLED}
    return {"data": found["data"], "layout": layout, "size": {"width": int(width), "height": int(height)}}


def sized(figure: go.Figure) -> go.Figure:
    """A copy with the size and the margins that it has on the page."""
    layout = spec(figure)["layout"]
    return go.Figure(figure).update_layout({key: layout[key] for key in ("width", "height", "margin")})


def style(size: dict[str, int]) -> str:
    """The size of a figure and its scale on paper, as CSS properties."""
    broad = size["width"] > BROAD
    paper = min(SMALLEST, COLUMN / size["width"]) if not broad else min(SMALLEST, SHEET / size["width"])
    return f"--width: {size['width']}px; --height: {size['height']}px; --paper: {paper:.3f}"


def template() -> dict[str, Any]:
    """The template of every figure, as plain data."""
    found: dict[str, Any] = theme.template().to_plotly_json()
    return found
