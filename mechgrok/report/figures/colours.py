"""The colours of figures for readers who prefer a dark page."""

from __future__ import annotations

from markupsafe import Markup

DARK = {
    "#262626": "#e4e2de",
    "#000000": "#ffffff",
    "white": "#15171a",
    "#bdbdbd": "#5d6166",
    "#0072B2": "#4aa8e8",
    "#D55E00": "#f08a3c",
    "#009E73": "#2fc79b",
    "#CC79A7": "#e2a1c6",
    "#f6ead8": "#3a2f1f",
    "#cfe0ec": "#1d3444",
    "#e8f1e2": "#26331f",
}
"""By the colour that a figure has on white: ink, ground, rules, lines, and the shades of the phases of training."""


def dark_rules() -> Markup:
    """CSS that gives the static figures of a page these colours; `figures.js` does it for the others."""
    rules = (
        f'.still[{part}="{light}"], .still [{part}="{light}"] {{ {part}: {dark}; }}'
        for light, dark in DARK.items()
        for part in ("fill", "stroke")
    )
    return Markup("\n".join(rules))
