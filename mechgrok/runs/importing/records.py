"""Losses and steps that a foreign file recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor

from mechgrok.errors import UserError


class LossRecords(NamedTuple):
    """The recorded losses of a file."""

    by_step: dict[str, dict[int, float]]
    """split -> step -> loss."""
    updates: int
    """Length of the longer list: it has one record an update."""
    notes: tuple[str, ...]


def read_losses(data: Mapping[str, Any], first: Mapping[str, int]) -> LossRecords:
    """The lists `train_losses` and `test_losses` of a file. The longer has one record an update, the interval of the shorter is
    inferred from their lengths; `first` holds the step to which each split's first record belongs.
    """
    found = {split: loss_list(data.get(f"{split}_losses"), f"{split}_losses") for split in first}
    updates = max(len(values) for values in found.values())
    apart = {split: record_interval(len(values), updates) for split, values in found.items()}
    by_step = {split: {first[split] + i * steps: loss for i, loss in enumerate(found[split])} for split, steps in apart.items() if steps}
    lost = [split for split, values in found.items() if values and not apart[split]]
    notes = tuple(f"left out {split}_losses: {len(found[split])} records over {updates} updates fit no interval" for split in lost)
    return LossRecords(by_step, updates, notes)


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


def is_step(value: Any) -> bool:
    """Whether a file's number can be a number of updates."""
    return type(value) is int and 0 <= value < 2**40
