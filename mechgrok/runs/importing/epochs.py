"""Steps that a file counts in epochs, as numbers of updates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.steps import BY_UPDATES
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.intervals import interval_ending_at
from mechgrok.runs.importing.options import ImportOptions


@dataclass(frozen=True)
class EpochLength:
    """The updates of an epoch: epoch e stands for step (e + shift) * updates."""

    updates: int
    reason: str
    shift: int = 0

    def step(self, epoch: int | None) -> int | None:
        """The step at the end of an epoch."""
        return None if epoch is None else (epoch + self.shift) * self.updates

    def steps(self, series: Mapping[Any, Any]) -> dict[Any, Any]:
        """A series by epoch as one by step; what has no epoch has no step."""
        return {self.step(epoch): item for epoch, item in series.items()}

    @property
    def note(self) -> str:
        """A sentence for the notes of a run."""
        each = "one update" if self.updates == 1 else f"{self.updates} updates"
        shifted = f"; epoch e ends at step {self.updates} (e + 1)" if self.shift else ""
        return f"the file counts epochs: each is taken to be {each}{self.reason}{shifted}"


ONE_UPDATE = EpochLength(1, " (correct it by --record-every N)")
"""The assumption on epochs of records."""


def in_updates(foreign: Foreign, options: ImportOptions) -> Foreign:
    """The weights and records of a file that counts epochs, at numbers of updates.

    The step of the last weights, or the updates between two records, determine the length of an epoch; otherwise it is taken for one
    update. Raises UserError where it would be no whole number.
    """
    weights, records = foreign.in_epochs
    length = _length(foreign, options) if weights or records else None
    if length is None:
        return foreign
    return replace(
        foreign,
        snapshots=length.steps(foreign.snapshots) if weights else foreign.snapshots,
        recorded={split: length.steps(series) for split, series in foreign.recorded.items()} if records else foreign.recorded,
        accuracies={split: length.steps(series) for split, series in foreign.accuracies.items()} if records else foreign.accuracies,
        undated=tuple(replace(each, end=length.step(each.end)) if weights else each for each in foreign.undated),
        in_epochs=BY_UPDATES,
        notes=(*foreign.notes, length.note),
    )


def _length(foreign: Foreign, options: ImportOptions) -> EpochLength | None:
    """The length of an epoch; None where the user gives the step of a network that has no other numbers of epochs beside it."""
    epochs = sorted({step for series in (*foreign.recorded.values(), *foreign.accuracies.values()) for step in series if step is not None})
    if options.record_every is not None and foreign.in_epochs.records:
        return length_by_interval(epochs, options.record_every)
    if found := _by_lists(foreign, options):
        return found
    if foreign.in_epochs.weights and options.step is not None and None not in foreign.snapshots:
        return _by_step(foreign, options.step, epochs if foreign.in_epochs.records else [])
    if foreign.in_epochs.weights or not epochs:
        return EpochLength(1, " (correct it by --step N)") if foreign.in_epochs.weights else ONE_UPDATE
    return _beside(max(epochs), options.step if None in foreign.snapshots else max(step for step in foreign.snapshots if step is not None))


def length_by_interval(epochs: Collection[int], every: int) -> EpochLength:
    """The length of an epoch by the updates between two records, which are evenly spaced."""
    spaces = {after - before for before, after in pairwise(sorted(epochs))}
    if len(spaces) != 1 or every % next(iter(spaces)):
        apart = "at uneven distances" if len(spaces) != 1 else f"{spaces.pop()} epochs apart"
        raise UserError(f"--record-every {every}: the records are {apart}, so this gives no whole number of updates an epoch")
    return EpochLength(every // spaces.pop(), ", as --record-every gives")


def _by_lists(foreign: Foreign, options: ImportOptions) -> EpochLength | None:
    """The interval of lists without steps that have a record an epoch; None for other files, and where the user gives neither."""
    longest = max((len(each.values) for each in foreign.undated), default=0)
    last = max((step for step in foreign.snapshots if step is not None), default=None)
    if not longest or not (None in foreign.snapshots or last in (longest, longest - 1)):
        return None
    if options.record_every is not None:
        return EpochLength(options.record_every, ", as --record-every gives")
    every = interval_ending_at(longest, options.step) if None in foreign.snapshots else None
    return None if every is None else EpochLength(every, ", as --step gives")


def _by_step(foreign: Foreign, step: int, epochs: Collection[int]) -> EpochLength | None:
    """The length of an epoch by the step of the last weights, whose epoch may be counted from 0."""
    last = max(each for each in foreign.snapshots if each is not None)
    for shift in (0, 1):
        if last + shift and step % (last + shift) == 0:
            return EpochLength(step // (last + shift), ", as --step gives", shift)
    if len(foreign.snapshots) > 1 or epochs:
        raise UserError(f"--step {step}: the file counts {last} epochs, so this gives no whole number of updates an epoch")
    return None


def _beside(last: int, step: int | None) -> EpochLength:
    """The length of an epoch by the step of weights whose records count `last` epochs."""
    reason = f", since epoch {last} is beside weights of step {step} (correct it by --record-every N)"
    if step == last:
        return EpochLength(1, reason)
    if not step or not last or step == last + 1:
        return ONE_UPDATE
    lengths = [EpochLength(step // (last + shift), reason, shift) for shift in (0, 1) if step % (last + shift) == 0]
    return lengths[0] if lengths else ONE_UPDATE
