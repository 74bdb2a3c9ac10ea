"""What became of every measure that was asked of a run, kept beside its report: a failure leaves no result to find it by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from mechgrok.engine.outcomes import Failure, NotApplicable, Outcome
from mechgrok.runs.store import write

Record = dict[str, str]
"""status and, of a measure that gave no result, the text of the page about it."""


def _path(run: Path) -> Path:
    return run / "report" / "outcomes.json"


def read(run: Path) -> dict[str, Record]:
    """The records of a run by measure label; none where nothing was recorded, or the file is unreadable."""
    try:
        found: dict[str, Record] = json.loads(_path(run).read_text())["measures"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found


def update(run: Path, outcomes: Mapping[str, Outcome]) -> None:
    """Records the outcomes; what was recorded of other measures stays."""
    if outcomes:
        records = read(run) | {label: _record(outcome) for label, outcome in outcomes.items()}
        write(_path(run), json.dumps({"schema": 1, "measures": records}, indent=1).encode(), durable=False)


def _record(outcome: Outcome) -> Record:
    described = {"title": outcome.measure.title, "caption": outcome.measure.caption(), "reference": outcome.measure.reference}
    match outcome:
        case NotApplicable():
            return {"status": "not-applicable", "reason": outcome.reason, **described}
        case Failure():
            return {"status": "failed", "reason": outcome.reason, "traceback": outcome.traceback, **described}
        case _:
            return {"status": "ok"}
