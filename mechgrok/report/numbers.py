"""Numbers and names for people: six significant digits, Unicode powers of ten, the first of many names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

NONE = "\u2013"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_GAP = "\u202f"
SHOWN = 5
"""Names that a line lists."""


def show(value: Any, digits: int = 6) -> str:
    """A headline's value as text: 12 769, 0.00304518, 1.24507 × 10⁻⁷, `3, 6, 23`, `3: 0.11, 6: 0.25`."""
    if value is None:
        return NONE
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}".replace(",", _GAP) if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return _real(value, digits)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {show(each, digits)}" for key, each in value.items()) or "none"
    return ", ".join(show(each, digits) for each in value) or "none"


def _real(value: float, digits: int) -> str:
    if value == 0 or 1e-4 <= abs(value) < 10**digits:
        text = f"{value:.{digits}g}"
    else:
        mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
        text = f"{mantissa.rstrip('0').rstrip('.')}{_GAP}×{_GAP}10{str(int(power)).translate(_SUPERSCRIPTS)}"
    return text.replace("-", "\u2212")


def several(names: Iterable[str]) -> str:
    """Each name once: the first SHOWN of them, and how many others there are; one other is named, too."""
    found = list(dict.fromkeys(names))
    if len(found) <= SHOWN + 1:
        return ", ".join(found)
    return f"{', '.join(found[:SHOWN])} and {len(found) - SHOWN} others"
