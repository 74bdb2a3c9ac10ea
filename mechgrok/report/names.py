"""Names in a line of text."""

from __future__ import annotations

from collections.abc import Iterable

SHOWN = 5
"""Names that a line lists."""


def several(names: Iterable[str]) -> str:
    """Each name once: the first SHOWN of them, and how many others there are; one other is named, too."""
    found = list(dict.fromkeys(names))
    if len(found) <= SHOWN + 1:
        return ", ".join(found)
    return f"{', '.join(found[:SHOWN])} and {len(found) - SHOWN} others"
