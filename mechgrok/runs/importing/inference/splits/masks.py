"""The train rows that a file lists, as a mask of all pairs of tokens."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from mechgrok.data.splits.file import is_mask


def mask_of(train_rows: Tensor, rows: int) -> np.ndarray | None:
    """The mask (rows,) of row numbers; as many numbers 0 and 1 as there are rows are one already. None where they do not fit."""
    numbers = train_rows.numpy()
    if is_mask(numbers, rows) and numbers.any():
        return numbers.astype(bool)
    if not numbers.size or numbers.min() < 0 or numbers.max() >= rows:
        return None
    mask = np.zeros(rows, bool)
    mask[numbers] = True
    return mask
