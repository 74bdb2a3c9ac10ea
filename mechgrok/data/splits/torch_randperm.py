"""The random permutation of torch, computed without torch."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mechgrok.data.splits.split import Shuffled

_UINT32 = 2**32


class TorchRandperm(Shuffled):
    """`torch.manual_seed(seed); torch.randperm(rows)`: the split of TransformerLens' grokking demo (its seed is 598)."""

    kind: Literal["torch-randperm"] = "torch-randperm"

    def order(self, rows: int) -> list[int]:
        return randperm(rows, self.seed)


def randperm(rows: int, seed: int) -> list[int]:
    """`torch.randperm(rows)` after `torch.manual_seed(seed)`."""
    # On the CPU, torch.randperm is a Fisher-Yates shuffle over raw MT19937 words. The legacy generator of numpy gives the same words.
    words = np.random.RandomState(seed % _UINT32).randint(0, _UINT32, size=max(rows - 1, 0), dtype=np.uint32)
    offsets = words.astype(np.int64) % (rows - np.arange(rows - 1)) if rows > 1 else words
    order = list(range(rows))
    for i, offset in enumerate(offsets.tolist()):
        order[i], order[i + offset] = order[i + offset], order[i]
    return order
