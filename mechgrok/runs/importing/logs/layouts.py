"""Other layouts of a log as records or columns: one metric a row, columns by index, and names with those of runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mechgrok.runs.importing.containers.steps import as_step, axis_of_names

_METRICS = ("metric", "name", "tag", "key", "variable")
_VALUE = "value"
_BOUNDS = ("__MIN", "__MAX")
_BEHIND_RUN = " - "
"""Weights & Biases exports a column as `RUN - NAME`, beside its minimum and maximum."""


def plain_layout(data: Any) -> Any:
    """Records, or columns by name, of any layout that is known here."""
    if isinstance(data, dict) and data and all(isinstance(item, dict) for item in data.values()):
        return _by_index(data)
    return _by_metric(data) if isinstance(data, list) else data


def _by_index(data: dict[Any, dict[Any, Any]]) -> Any:
    """Records by step, {"0": {...}, "100": {...}}, as a list, and columns of one index, {"loss": {"0": ..., "1": ...}}, as lists."""
    if all(as_step(key) is not None for key in data):
        return [{"step": as_step(key)} | row for key, row in data.items()]
    first = next(iter(data.values()))
    is_index = len(first) > 0 and all(as_step(key) is not None for key in first)
    same = is_index and all(column.keys() == first.keys() for column in data.values())
    return {name: list(column.values()) for name, column in data.items()} if same else data


def _by_metric(rows: list[Any]) -> list[Any]:
    """Rows that hold the name and value of one metric each, with the name as a key."""
    if not rows or not all(isinstance(row, dict) and _VALUE in row for row in rows):
        return rows
    name = next((name for name in _METRICS if all(isinstance(row.get(name), str) for row in rows)), None)
    if name is None:
        return rows
    return [{key: item for key, item in row.items() if key not in (name, _VALUE)} | {row[name]: row[_VALUE]} for row in rows]


def names_without_runs(names: Sequence[str]) -> dict[str, str]:
    """Column -> its name without that of the run, where all columns but those of steps are of one run; bounds are left out."""
    kept = [name for name in names if not name.endswith(_BOUNDS)]
    runs = {name.partition(_BEHIND_RUN)[0] if _BEHIND_RUN in name else None for name in kept if axis_of_names([name]) != name}
    if len(runs) != 1 or None in runs:
        return {name: name for name in names}
    return {name: name.partition(_BEHIND_RUN)[2] or name for name in kept}
