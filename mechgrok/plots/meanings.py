"""Lines that mean the same in every figure have one colour and one dash: splits, losses with and without key frequencies, answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, cycle

from mechgrok.plots.theme import COLOURS, palette

_BLUE, _VERMILION, _GREEN, _PINK, _ORANGE, _SKY, _BLACK = COLOURS
STYLES: Mapping[str, Mapping[str, str]] = {
    "train": {"color": _VERMILION, "dash": "5px,3px"},
    "test": {"color": _BLUE, "dash": "solid"},
    "all": {"color": _BLACK, "dash": "2px,2px"},
    "restricted": {"color": _GREEN, "dash": "10px,3px"},
    "excluded": {"color": _PINK, "dash": "8px,3px,2px,3px"},
    "memorised": {"color": _GREEN, "dash": "7px,2px,2px,2px"},
    "inverted": {"color": _PINK, "dash": "3px,4px"},
    "rule": {"color": _ORANGE, "dash": "12px,4px"},
    "truth": {"color": _SKY, "dash": "4px,2px"},
}
"""By the first word of a line's name. The dashes tell the lines apart in grey."""
_DASHES = ("7px,2px,2px,2px", "3px,4px", "12px,4px", "4px,2px")
"""Those of the other lines in a figure of lines that have a meaning."""


def styles(names: Sequence[str]) -> list[Mapping[str, str]]:
    """Colour and dash of each line of a figure: by its meaning, else the next of the palette whose colour no meaning in the figure has.

    Beside lines that have a meaning, the others have dashes of their own.
    """
    meant = [STYLES.get(re.split(r"\W", name, maxsplit=1)[0]) for name in names]
    others = _others({style["color"] for style in meant if style})
    return [style or next(others) for style in meant]


def _others(taken: set[str]) -> Iterator[Mapping[str, str]]:
    left = (style for style in map(palette, count()) if style["color"] not in taken)
    return (style | {"dash": dash} for style, dash in zip(left, cycle(_DASHES), strict=False)) if taken else left
