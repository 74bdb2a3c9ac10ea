"""Train rows and pairs that a file lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

_ROWS = ("train_indices", "train_idx", "train_rows", "train_ids", "train_index", "train_inds")
_MASKS = ("train_mask", "is_train", "mask_train")
_PAIRS = {"train": ("train_data", "train_pairs"), "test": ("test_data", "test_pairs", "val_data", "val_pairs")}


def find_train_rows(data: Any) -> Tensor | None:
    """Row numbers of the train split, from a list of them or from a mask; None where there is neither."""
    if not isinstance(data, Mapping):
        return None
    listed = [rows for name in _ROWS if (rows := _whole(data.get(name))) is not None and rows.ndim == 1]
    masks = [mask for name in _MASKS if (mask := _truths(data.get(name))) is not None]
    return listed[0] if listed else masks[0].flatten().nonzero().flatten() if masks else None


def find_pairs(data: Any) -> dict[str, Tensor]:
    """The pairs (n, 2) of each split that the file lists."""
    if not isinstance(data, Mapping):
        return {}
    found = {split: _whole(data.get(name)) for split, names in _PAIRS.items() for name in names if name in data}
    return {split: rows for split, rows in found.items() if rows is not None and rows.ndim == 2 and rows.shape[1] == 2}


def _whole(values: Any) -> Tensor | None:
    """Whole numbers from 0 as a tensor; None for anything else."""
    found = _tensor(values)
    if found is None or found.is_floating_point() or found.is_complex() or found.dtype is torch.bool:
        return None
    return found.long() if found.numel() and int(found.min()) >= 0 else None


def _truths(values: Any) -> Tensor | None:
    """A mask of true and false, or of 0 and 1; None for anything else."""
    found = _tensor(values)
    if found is not None and found.dtype is torch.bool:
        return found
    numbers = _whole(values)
    return numbers.bool() if numbers is not None and int(numbers.max()) <= 1 else None


def _tensor(values: Any) -> Tensor | None:
    if isinstance(values, list | tuple):
        try:
            return torch.tensor(values)
        except (ValueError, TypeError, RuntimeError, OverflowError):
            return None
    return values if isinstance(values, Tensor) else None
