"""The report as strict JSON: what a program reads."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from mechgrok.report.entries import Entry
from mechgrok.report.extracted import extracted
from mechgrok.report.facts import facts
from mechgrok.report.verdict import verdict
from mechgrok.runs.run import Run

SCHEMA = 2


def summarise(run: Run, entries: Mapping[str, Entry]) -> dict[str, Any]:
    """`{"schema", "run", "step", "verdict", "program", "measures"}`; `step` is the last checkpoint that was measured.

    `verdict` is a list of sentences, each with the measures that it rests on; `program` is None where none was extracted.
    """
    step = max((entry.step for entry in entries.values() if entry.step is not None), default=None)
    measures = {label: _measure(entry) for label, entry in entries.items()}
    found = {"schema": SCHEMA, "run": facts(run), "step": step, "program": extracted(run, step), "measures": measures}
    return {"verdict": verdict(found), **found}


def text(summary: Mapping[str, Any]) -> str:
    """Its JSON. Not-a-number and infinity have no place in it."""
    return json.dumps(summary, indent=1, allow_nan=False) + "\n"


def _measure(entry: Entry) -> dict[str, Any]:
    if entry.status == "not-applicable":
        return {"status": entry.status, "reason": entry.reason}
    if entry.status == "failed":
        return {"status": entry.status, "reason": entry.reason, "traceback": entry.traceback}
    missing = dict(entry.missing)
    headline = {key: _finite(value, key, missing) for key, value in entry.headline.items()}
    found = {"status": entry.status, "step": entry.step, "headline": headline, "missing": missing, "null": _finite(entry.null, "null", {})}
    return found | ({"stale": entry.stale} if entry.stale else {})


def _finite(value: Any, key: str, missing: dict[str, str]) -> Any:
    """The same in types that JSON has; what is not a finite number becomes None, with its reason in `missing`."""
    if isinstance(value, Mapping):
        return {str(name): _finite(each, f"{key}.{name}", missing) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each, f"{key}.{index}", missing) for index, each in enumerate(value)]
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, float) and not math.isfinite(plain):
        missing[key] = f"the value is {plain}"
        return None
    return plain
