"""The steps of imported weights and records: those of the file, corrected by the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.options import ImportOptions


def date(foreign: Foreign, options: ImportOptions) -> Foreign:
    """The snapshots with a step for each: that of the file, else the one that the user gives, or 0.

    Where the steps are assumed from the number of records, `record_every` or the step that the user gives corrects them, those of the
    records with those of the weights. Raises UserError for a step that contradicts the file.
    """
    if options.step is not None and options.step < 0:
        raise UserError(f"--step {options.step}: a step is a number of updates, 0 or more")
    if foreign.steps_assumed and None not in foreign.snapshots:
        return _corrected(foreign, options)
    if options.record_every is not None:
        raise UserError("the file gives the steps of its records, or has none; leave --record-every away")
    if None in foreign.snapshots:
        return _with_step(foreign, options.step)
    if options.step is not None and len(foreign.snapshots) == 1:
        return _moved(foreign, options.step)
    if options.step is not None:
        raise UserError(f"the file holds its steps ({', '.join(map(str, _steps(foreign)[-3:]))}); leave --step away")
    return foreign


def _moved(foreign: Foreign, step: int) -> Foreign:
    """One snapshot at another step than that of the file, which may count epochs; records of the same step move with it."""
    (last,) = _steps(foreign)
    losses, accuracies = ({split: _renumbered(each, last, step) for split, each in series.items()} for series in _records(foreign))
    notes = (
        foreign.notes
        if step == last
        else (
            *foreign.notes,
            f"the weights are of step {step}, as given; the file gives {last}",
        )
    )
    return replace(foreign, snapshots={step: foreign.snapshots[last]}, notes=notes, recorded=losses, accuracies=accuracies)


def _records(foreign: Foreign) -> tuple[Mapping[str, Mapping[int, float]], ...]:
    return foreign.recorded, foreign.accuracies


def _renumbered(series: Mapping[int, float], old: int, new: int) -> dict[int, float]:
    return {new if step == old else step: value for step, value in series.items()}


def _with_step(foreign: Foreign, step: int | None) -> Foreign:
    note = () if step is not None else ("the file does not hold the step of its weights: stored as step 0 (give it by --step N)",)
    others: dict[int | None, Mapping[str, Tensor]] = {each: state for each, state in foreign.snapshots.items() if each is not None}
    at = step or 0
    curves, accuracies = _at(foreign.recorded, at), _at(foreign.accuracies, at)
    snapshots = {**others, at: foreign.snapshots[None]}
    return replace(foreign, snapshots=snapshots, notes=(*foreign.notes, *note), recorded=curves, accuracies=accuracies)


def _at(series: Mapping[str, Mapping[Any, float]], step: int) -> dict[str, dict[int, float]]:
    """Records without a step, at the step of the weights."""
    return {split: {step if at is None else at: value for at, value in values.items()} for split, values in series.items()}


def _corrected(foreign: Foreign, options: ImportOptions) -> Foreign:
    """The steps multiplied so that records are `record_every` updates apart, or so that the weights are of the given step."""
    (last,) = _steps(foreign)
    step = options.step
    factor = 1 if options.record_every is None else options.record_every
    if options.record_every is None and step and last and step % last == 0:
        factor = step // last
    if factor < 1:
        raise UserError(f"--record-every {factor}: a number of updates, 1 or more")
    at = last * factor if step is None else step
    if factor == 1 and at == last:
        return foreign
    return replace(
        foreign,
        snapshots={at: foreign.snapshots[last]},
        recorded=_scaled(foreign.recorded, factor),
        accuracies=_scaled(foreign.accuracies, factor),
        notes=(*(note for note in foreign.notes if "--record-every" not in note), f"one record every {factor} updates, as given"),
    )


def _scaled(series: Mapping[str, Mapping[int, float]], factor: int) -> dict[str, dict[int, float]]:
    return {split: {step * factor: value for step, value in values.items()} for split, values in series.items()}


def _steps(foreign: Foreign) -> list[int]:
    return sorted(step for step in foreign.snapshots if step is not None)
