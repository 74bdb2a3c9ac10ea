"""Losses and steps that a foreign file recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.curves import as_floats, axis_of


class LossRecords(NamedTuple):
    """The recorded losses of a file."""

    by_step: dict[str, dict[int, float]]
    """split -> step -> loss."""
    updates: int
    """The step of the weights after these records: the last one beside the lists, else that at which the longer list ends."""
    notes: tuple[str, ...]
    assumption: tuple[str, ...] = ()
    """A note where the steps are inferred from the number of records; empty where the file gives them."""


def read_losses(data: Mapping[str, Any], first: Mapping[str, int], known: int | None = None) -> LossRecords:
    """The lists `train_losses` and `test_losses` of a file.

    A list of steps beside them (`epochs`, `steps`, `log_steps`, ...) of the same length gives their steps. Without it the longer list has
    one record an update, or one every so many that it ends at the `known` step of the weights, and the interval of the shorter is inferred
    from their lengths; `first` holds the step to which each split's first record belongs.
    """
    found = {split: loss_list(data.get(f"{split}_losses"), f"{split}_losses") for split in first}
    lists = {str(key): values for key, item in data.items() if (values := as_floats(item)) is not None}
    axes = {split: axis for split, values in found.items() if values and (axis := axis_of(f"{split}_losses", lists))}
    if axes:
        return _by_axes(found, known, {split: [int(step) for step in lists[axis]] for split, axis in axes.items()}, axes)
    updates = max(len(values) for values in found.values())
    apart = {split: record_interval(len(values), updates) for split, values in found.items()}
    every = known // updates if known and updates and known % updates == 0 else 1
    by_step = {
        split: {every * (first[split] + i * steps): loss for i, loss in enumerate(found[split])} for split, steps in apart.items() if steps
    }
    lost = [split for split, values in found.items() if values and not apart[split]]
    notes = [f"left out {split}_losses: {len(found[split])} records over {updates} updates fit no interval" for split in lost]
    how = "an update" if every == 1 else f"every {every} updates"
    assumption = f"no steps beside the {updates} recorded losses: one {how} is assumed (correct it by --record-every N)"
    return LossRecords(by_step, every * updates, tuple(notes), (assumption,) if updates else ())


def _by_axes(found: Mapping[str, list[float]], known: int | None, steps: Mapping[str, list[int]], axes: Mapping[str, str]) -> LossRecords:
    by_step = {split: dict(zip(steps[split], found[split], strict=True)) for split in steps}
    names = ", ".join(repr(name[:40]) for name in dict.fromkeys(axes.values()))
    lost = [f"left out {split}_losses: it has no steps" for split, values in found.items() if values and split not in steps]
    return LossRecords(by_step, known or max(map(max, steps.values())), (f"the steps of the recorded losses are those of {names}", *lost))


def loss_list(values: Any, name: str) -> list[float]:
    """A file's list of losses as floats; an absent one is empty. `name` is its key in the file."""
    if values is None:
        return []
    if isinstance(values, Tensor):
        values = values.flatten().tolist()
    if not isinstance(values, list | tuple):
        raise UserError(f"{name} is no list of losses; remove it from the file, or save it as a list of floats")
    return [_loss(value, name) for value in values]


def _loss(value: Any, name: str) -> float:
    value = value.item() if isinstance(value, Tensor) and value.numel() == 1 else value
    if isinstance(value, float) or (isinstance(value, int) and value.bit_length() < 64):
        return float(value)
    raise UserError(f"{name} holds something other than numbers; remove it from the file, or save it as a list of floats")


def record_interval(count: int, updates: int) -> int | None:
    """The updates between `count` records over epochs 0 .. updates - 1, the first at epoch 0; None where no interval fits.

    It is ceil(updates / count), provided that so many apart there are `count` of them: 5000 records over 50 000 updates are 10 apart.
    """
    if not count:
        return None
    steps = -(-updates // count)
    return steps if -(-updates // steps) == count else None
