"""The groups of a long table's rows, each with a name in words and a style."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mechgrok.plots.meanings import styles
from mechgrok.plots.theme import GREY


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
        return _styled([(None, "", table)])
    parts = list(table.groupby(color, sort=False, dropna=False))
    chosen = list(highlight)
    if not chosen:
        return _styled([(value, named(color, value), rows) for value, rows in parts])
    faded = [Group(value, "others", rows, GREY, "solid", faded=True) for value, rows in parts if value not in chosen]
    return faded + _styled([(value, named(color, value), rows) for value, rows in parts if value in chosen])


def _styled(parts: Sequence[tuple[Any, str, pd.DataFrame]]) -> list[Group]:
    """Groups of (value, name, rows) in colour."""
    found = zip(parts, styles([name for _, name, _ in parts]), strict=True)
    return [Group(*part, colour=style["color"], dash=style["dash"], faded=False) for part, style in found]


def numeric(table: pd.DataFrame, column: str) -> bool:
    """Whether a column holds numbers, all known, which a colour bar can show."""
    kind = pd.api.types
    return bool(kind.is_numeric_dtype(table[column]) and not kind.is_bool_dtype(table[column]) and table[column].notna().all())
