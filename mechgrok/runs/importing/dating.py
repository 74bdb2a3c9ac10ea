"""The steps of imported weights and records: those of the file, corrected by the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers import trees
from mechgrok.runs.importing.epochs import in_updates
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.intervals import interval_ending_at
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.importing.undated_lists import with_steps


def date(foreign: Foreign, options: ImportOptions) -> Foreign:
    """The snapshots and records with a step for each: that of the file, else the one that the user gives, else an assumption with a note.

    Raises UserError for a step or interval that contradicts the file.
    """
    _require_numbers(options)
    if options.record_every is not None and not foreign.undated and not foreign.in_epochs.records:
        raise UserError("the file gives the steps of its records, or has none; leave --record-every away")
    return with_steps(_with_records_of_weights(_with_weights_dated(in_updates(foreign, options), options)), options.record_every)


def _require_numbers(options: ImportOptions) -> None:
    if options.step is not None and options.step < 0:
        raise UserError(f"--step {options.step}: a step is a number of updates, 0 or more")
    if options.record_every is not None and options.record_every < 1:
        raise UserError(f"--record-every {options.record_every}: a number of updates, 1 or more")


def _with_weights_dated(foreign: Foreign, options: ImportOptions) -> Foreign:
    if None in foreign.snapshots:
        return _with_step(foreign, options)
    (*_, last) = steps = _steps(foreign)
    if options.step in (None, last):
        return foreign
    if len(steps) > 1:
        raise UserError(f"the file holds its steps ({', '.join(map(str, steps[-3:]))}); leave --step away")
    note = f"the weights are of step {options.step}, as given; the file gives {last}"
    return replace(foreign, snapshots={options.step: foreign.snapshots[last]}, notes=(*foreign.notes, note))


def _with_step(foreign: Foreign, options: ImportOptions) -> Foreign:
    """The weights without a step at the one that is given or assumed. They are the last, so it is after those of other ones."""
    step, note = (options.step, ()) if options.step is not None else _assumed_step(foreign, options.record_every)
    others: dict[int | None, Mapping[str, Tensor]] = {each: state for each, state in foreign.snapshots.items() if each is not None}
    before = max(_steps(foreign), default=-1)
    if step < before or (step == before and not trees.are_equal(others[step], foreign.snapshots[None])):
        given = "nothing gives" if options.step is None else f"--step {step} is not"
        raise UserError(f"{given} the step of the last weights, after those of step {before}; give it by --step N")
    return replace(foreign, snapshots={**others, step: foreign.snapshots[None]}, notes=(*foreign.notes, *note))


def _assumed_step(foreign: Foreign, every: int | None) -> tuple[int, tuple[str, ...]]:
    """The step of weights for which the file holds none: after its records, or 0; and a note."""
    records = [step for series in (*foreign.recorded.values(), *foreign.accuracies.values()) for step in series if step is not None]
    longest = max((len(each.values) for each in foreign.undated), default=0)
    before = max(_steps(foreign), default=0)
    step = longest * _interval(longest, before, every) if longest else max(records, default=0)
    if not step:
        return 0, ("the file does not hold the step of its weights: stored as step 0 (give it by --step N)",)
    return step, (f"the file does not hold the step of its weights: stored as step {step}, by its records (correct it by --step N)",)


def _interval(longest: int, before: int, every: int | None) -> int:
    """The updates between records that end after the step of other weights in the file."""
    return every or (interval_ending_at(longest, before) if before > longest else None) or 1


def _with_records_of_weights(foreign: Foreign) -> Foreign:
    """Single numbers, which belong to the last weights, at the step of these."""
    last = _steps(foreign)[-1]
    return replace(foreign, recorded=_at(foreign.recorded, last), accuracies=_at(foreign.accuracies, last))


def _at(by_split: Mapping[str, Mapping[Any, float]], step: int) -> dict[str, dict[int, float]]:
    """Records without a step at a step; one that the file gives for that step takes precedence."""
    given = {split: {at: value for at, value in series.items() if at is not None} for split, series in by_split.items()}
    return {split: ({step: series[None]} if None in series else {}) | given[split] for split, series in by_split.items()}


def _steps(foreign: Foreign) -> list[int]:
    return sorted(step for step in foreign.snapshots if step is not None)
