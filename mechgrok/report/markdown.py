"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def grid(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table with a head."""
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
