"""The numbers that a loop hands to its recorder, by split and column of the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mechgrok.errors import UserError, nearest

_SPLITS = {"train": "train", "test": "test", "val": "test", "valid": "test", "validation": "test", "eval": "test"}
_COLUMNS = {"loss": "loss", "accuracy": "accuracy", "acc": "accuracy"}
NAMES = tuple(f"{split}_{column}" for split in ("train", "test") for column in ("loss", "accuracy"))


def by_split(given: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """{split: {column: value}} of numbers such as train_loss=loss, test_accuracy=.5; val_ and valid_ are test, acc is accuracy.

    Raises UserError for another name, and for a value that is no number.
    """
    found: dict[str, dict[str, float]] = {}
    for name, value in given.items():
        split, _, column = name.partition("_")
        if split not in _SPLITS or column not in _COLUMNS:
            raise UserError(f"a recorder takes no {name}{nearest(name, list(NAMES))}; numbers of your own belong into a measure")
        if value is not None:
            found.setdefault(_SPLITS[split], {})[_COLUMNS[column]] = _number(name, value)
    return found


def check(given: Mapping[str, Any]) -> None:
    """Raises UserError for a name that is none, without reading the values, which may lie on a GPU."""
    by_split(dict.fromkeys(given))


def _number(name: str, value: Any) -> float:
    try:
        return float(value.detach() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError):
        raise UserError(f"{name} is {type(value).__name__}; give a number, or a tensor of one element") from None
