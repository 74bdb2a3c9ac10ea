"""The shuffle of Python's random module."""

from __future__ import annotations

import random
from typing import Literal

from mechgrok.data.splits.split import Shuffled


class PythonShuffle(Shuffled):
    """`random.seed(seed); random.shuffle(rows)`: the split of Nanda et al. 2023 (arXiv 2301.05217) and Furuta et al. 2024."""

    kind: Literal["python-shuffle"] = "python-shuffle"

    def order(self, rows: int) -> list[int]:
        order = list(range(rows))
        random.Random(self.seed).shuffle(order)
        return order
