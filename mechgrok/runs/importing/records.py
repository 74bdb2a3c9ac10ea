"""Losses and accuracies that a file of a published format records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.recorded import SPLITS, Recorded, find_recorded


def read_records(data: Mapping[str, Any], first: Mapping[str, int]) -> Recorded:
    """The records of a file, whose lists `train_losses` and `test_losses` must hold numbers.

    `first` is the interval after which each split's first loss stands, where no steps stand beside the list.
    """
    lists = {name: loss_list(data[name], name) for name in (f"{split}_losses" for split in SPLITS) if name in data}
    found = find_recorded({**data, **lists})
    undated = [replace(each, first=first[each.split]) if each.name in lists else each for each in found.undated]
    return replace(found, undated=tuple(undated))


def updates_after(known: int | None, records: Recorded) -> int | None:
    """The updates before weights that stand beside `known` epochs: one more where epochs count from 0 and each has a record."""
    longest = max((len(each.values) for each in records.undated), default=0)
    if known is not None and known == longest - 1:
        return longest
    return known or None if longest else known


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
