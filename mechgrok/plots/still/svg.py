"""Elements of SVG, and the few tags that titles and ticks of a figure have."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

NARROW, BROAD = set(" .,:;|!'()[]-/fijlrtI\u2009"), set("mwMW@%")
_TAG = re.compile(r"(</?(?:b|i|sup|sub)>)")
_STYLE = {
    "<b>": '<tspan font-weight="bold">',
    "<i>": '<tspan font-style="italic">',
    "<sup>": '<tspan font-size="70%" dy="-0.6em">',
    "<sub>": '<tspan font-size="70%" dy="0.3em">',
}
_BACK = {"</sup>": '</tspan><tspan dy="0.42em">\u200b</tspan>', "</sub>": '</tspan><tspan dy="-0.21em">\u200b</tspan>'}


def element(tag: str, content: str = "", **attributes: str | float) -> str:
    """An element; underscores of attributes become hyphens, numbers are rounded to a tenth of a pixel."""
    given = "".join(f' {key.replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{tag}{given}>{content}</{tag}>" if content else f"<{tag}{given}/>"


def _value(value: str | float) -> str:
    return html.escape(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def text(words: str, x: float, y: float, **attributes: str | float) -> str:
    """A line of text, in which b, i, sup and sub are read as plotly reads them, and nothing else is."""
    parts = [_STYLE.get(part) or _BACK.get(part) or _plain(part) for part in _TAG.split(words)]
    return element("text", "".join(parts), x=x, y=y, **attributes)


def _plain(part: str) -> str:
    return "</tspan>" if _TAG.fullmatch(part) else html.escape(html.unescape(part)).replace("  ", "\N{NO-BREAK SPACE} ")


def width(words: str, size: float) -> float:
    """The approximate width of a text in pixels."""
    plain = re.sub(r"<sup>(.*?)</sup>", lambda found: found[1][: round(0.7 * len(found[1]))], words)
    letters = html.unescape(_TAG.sub("", plain))
    return size * sum(0.28 if each in NARROW else 0.83 if each in BROAD else 0.55 for each in letters)


def path(x: NDArray[np.float64], y: NDArray[np.float64], *, closed: bool = False) -> str:
    """The `d` of a line through points, with a gap where one has no place; points on the pixel of the one before are left out."""
    points, previous, pen = [], None, "M"
    for point in zip(np.round(x, 1).tolist(), np.round(y, 1).tolist(), strict=True):
        if not np.isfinite(point).all():
            pen = "M"
        elif point != previous or pen == "M":
            points.append(f"{pen}{point[0]:g} {point[1]:g}")
            previous, pen = point, "L"
    return "".join(points) + ("Z" if closed and points else "")


def dashes(dash: str | None, wide: float) -> Mapping[str, str]:
    """The attribute of a dash such as "5px,3px" or "dash"; none for a solid line."""
    named = {"dash": (9, 9), "dot": (3, 3), "dashdot": (9, 3, 3, 3)}
    if dash in (None, "solid", ""):
        return {}
    lengths = named[dash] if dash in named else [float(each.removesuffix("px")) for each in dash.split(",")]  # type: ignore[index, union-attr]
    return {"stroke_dasharray": " ".join(f"{each * (wide / 3 if dash in named else 1):g}" for each in lengths)}
