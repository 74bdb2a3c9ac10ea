"""The losses and accuracies that a weights file records."""

from __future__ import annotations

from typing import Any

from mechgrok.runs.importing.containers import intervals
from mechgrok.runs.importing.containers.contents import Series
from mechgrok.runs.importing.containers.curve_names import Curve, Quantity
from mechgrok.runs.importing.containers.curves import Curves, find_curves
from mechgrok.runs.importing.containers.units import is_percent

SPLITS = ("train", "test")


def find_recorded(data: Any, step: int | None) -> tuple[dict[str, Series], dict[str, Series], tuple[str, ...]]:
    """Losses and accuracies (shares) by split and step, and notes. `step` is that of the last weights."""
    curves = find_curves(data, step)
    notes = _date(curves, step)
    losses, accuracies = _by_split(curves, "loss"), _by_split(curves, "accuracy")
    readings = ((value, losses.get(split, {}).get(at)) for split, series in accuracies.items() for at, value in series.items())
    percent, evidence = is_percent(readings)
    scale = 100 if percent else 1
    shares: dict[str, Series] = {split: {at: value / scale for at, value in series.items()} for split, series in accuracies.items()}
    return losses, shares, (*notes, *([evidence] if accuracies else []))


def _date(curves: Curves, step: int | None) -> list[str]:
    """Gives lists without steps the steps that their lengths and the step of the weights imply; notes on that."""
    if not curves.undated:
        return [f"the steps of recorded curves are those of {curves.axis!r}"] if curves.axis else []
    longest = max(map(len, curves.undated.values()))
    notes = []
    for curve, values in curves.undated.items():
        steps, note = intervals.infer_steps(len(values), longest, step)
        curves.dated.setdefault(curve, dict(zip(steps, values, strict=True)))
        notes.append(f"{curves.names[curve]}: {note}")
    return notes


def _by_split(curves: Curves, quantity: Quantity) -> dict[str, Series]:
    """The curves of one quantity; one without a split is of the train rows where only the other split has a name."""
    found: dict[str, Series] = {split: curves.dated[curve] for split in SPLITS if (curve := Curve(split, quantity)) in curves.dated}  # type: ignore[arg-type]
    bare = Curve(None, quantity)
    if bare in curves.dated and set(found) == {"test"}:
        found["train"] = curves.dated[bare]
    return found
