"""The number of updates that a checkpoint records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from torch import Tensor

from mechgrok.runs.importing.containers.whole_numbers import is_step

STEP_NAMES = (
    *("global_step", "step", "current_step", "train_step", "training_step", "trained_steps", "num_steps", "n_steps"),
    *("iteration", "iter", "it", "iteration_num", "iter_num", "update", "updates", "num_updates", "n_updates", "n_iter", "iterations"),
)
EPOCH_NAMES = ("epoch", "current_epoch", "epoch_num", "num_epoch", "ep")


class InEpochs(NamedTuple):
    """Which of a file's steps are numbers of epochs."""

    weights: bool = False
    records: bool = False


BY_UPDATES = InEpochs()


def step_of(data: Mapping[Any, Any]) -> tuple[int | None, str | None]:
    """The step beside the weights, updates rather than epochs, and the key that holds it; None where there is none."""
    by_name = {str(key).lower(): value for key, value in data.items() if isinstance(key, str)}
    for name in (*STEP_NAMES, *EPOCH_NAMES):
        step = as_step(by_name.get(name))
        if step is not None:
            return step, name
    return None, None


def axis_of_names(names: Iterable[str]) -> str | None:
    """The name of the steps of records, updates rather than epochs: `step`, `_step`, `trainer/global_step`, `Epochs`; None without one."""
    by_word = {_word(name): name for name in sorted(names, key=lambda name: (-len(name), name))}
    return next((by_word[word] for name in (*STEP_NAMES, *EPOCH_NAMES) for word in (name, f"{name}s") if word in by_word), None)


def _word(name: str) -> str:
    """The last part of a name in lower case."""
    return re.split(r"[./]", name.lower())[-1].strip("_ ").replace(" ", "_")


def is_epochs(name: str) -> bool:
    """Whether the steps under a name are numbers of epochs."""
    return "epoch" in name.lower() or name.lower().rstrip("s") in EPOCH_NAMES


def as_step(value: Any) -> int | None:
    """A number of updates as an int: whole numbers, also as floats, tensors of one element and text; None for anything else."""
    if isinstance(value, Tensor) and value.numel() == 1:
        value = value.item()
    if isinstance(value, str) and len(value) <= 12 and value.isdecimal():
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**40:
        value = int(value)
    return value if is_step(value) else None
