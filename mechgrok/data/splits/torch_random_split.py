"""The random_split of torch, computed without torch."""

from __future__ import annotations

import math
from typing import Literal

from mechgrok.data.splits.torch_randperm import TorchRandperm


class TorchRandomSplit(TorchRandperm):
    """`torch.manual_seed(seed); random_split(rows, [f, 1 - f])`: the split of devon-research/grokking (its seed is 23093).

    Both lengths are rounded down. A row that is left over goes to the train split.
    """

    kind: Literal["torch-random-split"] = "torch-random-split"  # type: ignore[assignment]

    def size(self, rows: int, fraction: float) -> int:
        train, test = math.floor(rows * fraction), math.floor(rows * (1 - fraction))
        return train + (rows - train - test + 1) // 2
