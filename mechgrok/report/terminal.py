"""The numbers of a summary as rows of text, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mechgrok.report.highlights import highlights
from mechgrok.report.numbers import show

TITLES = ("measure", "number", "value", "null mean", "z")
FEW_DIGITS, ALL_DIGITS = 3, 6


def first_numbers(summary: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The numbers that a reader needs first, and the measures that failed."""
    rows = [_row(summary, label, key, FEW_DIGITS, is_tested=is_tested) for (label, key), is_tested in highlights(summary).items()]
    return rows + _without_result(summary, ("failed",))


def every_number(summary: Mapping[str, Any], asked: Sequence[str] = ()) -> list[tuple[str, ...]]:
    """The numbers of all measures, or of those `asked` for, but those by frequency or parameter; and the measures without a result."""
    chosen = {label: found for label, found in summary["measures"].items() if label in asked or not asked}
    pairs = [(label, key) for label, found in chosen.items() for key, value in _scalars(found)]
    rows = [_row(summary, label, key, ALL_DIGITS, is_tested=True) for label, key in pairs]
    return rows + _without_result({"measures": chosen}, ("failed", "not-applicable"))


def filled(rows: Sequence[tuple[str, ...]]) -> tuple[list[str], list[tuple[str, ...]]]:
    """The titles and rows of a table without the columns that are empty in all rows."""
    kept = [column for column in range(len(TITLES)) if any(row[column] for row in rows)]
    return [TITLES[column] for column in kept], [tuple(row[column] for column in kept) for row in rows]


def _scalars(found: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in found.get("headline", {}).items() if not isinstance(value, Mapping)]


def _row(summary: Mapping[str, Any], label: str, key: str, digits: int, *, is_tested: bool) -> tuple[str, ...]:
    """A number, or why it is missing, beside the mean and the deviations of its null."""
    found = summary["measures"][label]
    reason = found["missing"].get(key)
    if reason:
        return label, key, reason, "", ""
    null = found["null"].get(key, {}) if is_tested else {}
    mean, z = (show(null[name], least) if null.get(name) is not None else "" for name, least in (("mean", digits), ("z", FEW_DIGITS)))
    return label, key, show(found["headline"][key], digits), mean, z


def _without_result(summary: Mapping[str, Any], states: Sequence[str]) -> list[tuple[str, ...]]:
    found = summary["measures"].items()
    return [(label, each["status"], each["reason"], "", "") for label, each in found if each["status"] in states]
