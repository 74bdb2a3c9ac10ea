"""The random permutation of torch, computed without torch."""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Literal

import numpy as np

from mechgrok.data.splits.split import Shuffled

_UINT32 = 2**32
_AT_ONCE = 2**16
"""Swaps whose places are computed together."""


class TorchRandperm(Shuffled):
    """`torch.manual_seed(seed); torch.randperm(rows)`: the split of TransformerLens' grokking demo (its seed is 598)."""

    kind: Literal["torch-randperm"] = "torch-randperm"

    def order(self, rows: int) -> list[int]:
        return randperm(rows, self.seed)


def randperm(rows: int, seed: int) -> list[int]:
    """`torch.randperm(rows)` after `torch.manual_seed(seed)`."""
    order = list(range(rows))
    shuffle(order, seed)
    return order


def shuffle(values: MutableSequence[int], seed: int) -> None:
    """Puts values into the order `torch.randperm(len(values))` after `torch.manual_seed(seed)`."""
    # On the CPU, torch.randperm is a Fisher-Yates shuffle over raw MT19937 words. The legacy generator of numpy gives the same words.
    words, swaps = np.random.RandomState(seed % _UINT32), max(len(values) - 1, 0)
    for start in range(0, swaps, _AT_ONCE):
        places = np.arange(start, min(start + _AT_ONCE, swaps))
        others = places + words.randint(0, _UINT32, size=len(places), dtype=np.uint32) % (len(values) - places)
        for i, j in enumerate(others.tolist(), start):
            values[i], values[j] = values[j], values[i]
