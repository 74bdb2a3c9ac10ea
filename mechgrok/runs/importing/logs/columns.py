"""Columns of a log that the user names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.curve_names import Curve, identify
from mechgrok.runs.importing.containers.steps import axis_of_names

_KEYS_SHOWN = 12


def parse_columns(text: str) -> dict[str, str]:
    """The pairs of `step=epoch,test_loss=valid_ce`: our name -> the log's. Raises UserError for names other than ours."""
    pairs = [pair.partition("=") for pair in text.split(",")]
    for ours, sign, theirs in pairs:
        curve = identify(ours)
        if not sign or not theirs or (ours != "step" and (curve is None or curve.split is None)):
            known = "step=NAME, train_loss=NAME, test_loss=NAME, train_accuracy=NAME or test_accuracy=NAME"
            raise UserError(f"--columns {ours}{sign}{theirs}: write {known}, with commas between them")
    names = [ours.strip() for ours, _, _ in pairs]
    if len(set(names)) < len(names):
        raise UserError(f"--columns {text}: it names a column of {max(names, key=names.count)} twice; give one")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def rename_columns(path: Path, data: Any, columns: Mapping[str, str]) -> Any:
    """The data with the columns that the user names under our names, and without others of the same meaning."""
    if not columns:
        return data
    known = {str(key) for row in (data if isinstance(data, list) else [data]) if isinstance(row, dict) for key in row}
    missing = [name for name in columns.values() if name not in known]
    if missing:
        raise UserError(f"--columns: {path} has no column {missing[0]!r}; {describe_columns(data)}")
    return [_renamed_row(row, columns) for row in data] if isinstance(data, list) else _renamed_row(data, columns)


def _renamed_row(row: Any, columns: Mapping[str, str]) -> Any:
    meant = {_meaning(ours) for ours in columns}
    kept = {key: item for key, item in row.items() if _meaning(str(key)) not in meant or _meaning(str(key)) is None}
    return kept | {ours: row[theirs] for ours, theirs in columns.items() if theirs in row}


def _meaning(name: str) -> Curve | str | None:
    return "step" if axis_of_names([name]) else identify(name)


def describe_columns(data: Any) -> str:
    """The columns of a log and how to name them, for messages."""
    rows = [row for row in (data if isinstance(data, list) else [data]) if isinstance(row, dict)]
    names = list(dict.fromkeys(str(key)[:40] for row in rows for key in row))
    shown = ", ".join(names[:_KEYS_SHOWN]) or "none"
    return f"its columns are {shown}; name them by --columns step=...,train_loss=...,test_loss=..."
