"""The groups of a long table's rows, each with a name in words and a style."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mechgrok.plots.theme import GREY, palette


@dataclass(frozen=True)
class Group:
    """The rows that have the same value in the colour column."""

    value: Any
    name: str
    rows: pd.DataFrame
    colour: str
    dash: str
    faded: bool


def named(column: str, value: object) -> str:
    """The name of a group in words: `train` for a word, `head 3` for the number 3 in the column `head`."""
    if isinstance(value, str):
        return value
    return f"{in_words(column)} {value:g}" if isinstance(value, float) else f"{in_words(column)} {value}"


def in_words(column: str) -> str:
    """A column's name as a title."""
    return column.replace("_", " ")


def split(table: pd.DataFrame, color: str | None, highlight: Collection[Any] = ()) -> list[Group]:
    """The groups in order of appearance; with `highlight` all others come first, in grey, so that they lie underneath."""
    if color is None:
        return [Group(None, "", table, **_style(0), faded=False)]
    parts = list(table.groupby(color, sort=False, dropna=False))
    chosen = list(highlight)
    if not chosen:
        return [Group(value, named(color, value), rows, **_style(index), faded=False) for index, (value, rows) in enumerate(parts)]
    faded = [Group(value, "others", rows, GREY, "solid", faded=True) for value, rows in parts if value not in chosen]
    bright = [part for part in parts if part[0] in chosen]
    return faded + [Group(value, named(color, value), rows, **_style(index), faded=False) for index, (value, rows) in enumerate(bright)]


def _style(index: int) -> dict[str, str]:
    style = palette(index)
    return {"colour": style["color"], "dash": style["dash"]}


def numeric(table: pd.DataFrame, column: str) -> bool:
    """Whether a column holds numbers, all known, which a colour bar can show."""
    kind = pd.api.types
    return bool(kind.is_numeric_dtype(table[column]) and not kind.is_bool_dtype(table[column]) and table[column].notna().all())
