"""Small pieces of HTML for notebooks. All text is escaped; nothing is loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

ROWS = 5
"""Rows of a table that are shown."""
_loaded = False


def heading(title: str, label: str) -> str:
    """A title with a label behind it."""
    return f"<h4>{escape(title)} <code>{escape(label)}</code></h4>"


def pairs(values: Mapping[str, str]) -> str:
    """A table of names and texts."""
    left = "style='text-align:left'"
    rows = [f"<tr><th {left}>{escape(name)}</th><td {left}>{escape(text)}</td></tr>" for name, text in values.items()]
    return f"<table>{''.join(rows)}</table>"


def numbers(headline: Mapping[str, Any]) -> str:
    """The numbers of a headline; those that are missing are left out."""
    return pairs({key: show(value) for key, value in headline.items() if value is not None})


def lines(texts: Iterable[str]) -> str:
    """A list of texts; nothing for none."""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>" if items else ""


def table_head(table: pd.DataFrame) -> str:
    """The first rows of a table, and how many there are."""
    return f"<div>{table.head(ROWS).to_html(index=False, escape=True, border=0)}<small>{len(table)} rows</small></div>"


def figure(drawn: go.Figure) -> str:
    """A figure that can be moved; the first one of a process brings the library with it."""
    global _loaded
    first, _loaded = not _loaded, True
    found: str = drawn.to_html(full_html=False, include_plotlyjs=first)
    return found


def show(value: Any) -> str:
    """A value in a few characters."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {show(each)}" for key, each in value.items()) or "none"
    return ", ".join(map(show, value)) or "none" if isinstance(value, list | tuple) else str(value)


def summary_line(headline: Mapping[str, Any], most: int = 4) -> str:
    """The first numbers of a headline in a line."""
    shown = [f"{key} {show(value)}" for key, value in headline.items() if isinstance(value, int | float | str)]
    return ", ".join(shown[:most]) + (", ..." if len(shown) > most else "") if shown else "no numbers"
