"""The legacy shuffle of numpy."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mechgrok.data.splits.split import Shuffled


class NumpyShuffle(Shuffled):
    """`np.random.RandomState(seed).shuffle(rows)`: the split of MIML-grokking, after openai/grok (its seed is 0), and of Inglis (42).

    `np.random.seed(seed); np.random.shuffle(rows)` gives the same order, and so does shuffling a list or an array of pairs.
    """

    kind: Literal["numpy-shuffle"] = "numpy-shuffle"
    rounding: Literal["down", "nearest"] = "down"
    """down: int(fraction * rows); nearest: round(fraction * rows), as in openai/grok and MIML-grokking."""

    def order(self, rows: int) -> list[int]:
        order = np.arange(rows)
        np.random.RandomState(self.seed % 2**32).shuffle(order)
        return order.tolist()

    def size(self, rows: int, fraction: float) -> int:
        return round(fraction * rows) if self.rounding == "nearest" else super().size(rows, fraction)
