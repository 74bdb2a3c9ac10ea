"""Which rows each step is trained on, from (seed, epoch) or (seed, step) alone: a resumed run needs no generator's history."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import numpy as np

Sampling = Literal["shuffled", "fixed", "replacement"]


def rows_a_step(batch: str | float, train: int) -> int | None:
    """How many of the `train` rows a step sees under a config's `training.batch`; None for all of them, without an order.

    auto: min(512, half), a share: so much, both rounded up.
    """
    if batch == "full":
        return None
    if batch == "auto":
        return min(512, -(-train // 2))
    # As it is written: 0.07 as a double is more than 7 of 100.
    return math.ceil(Fraction(str(batch)) * train) if isinstance(batch, float) else int(batch)


class Batches:
    """The train rows: all of them each step; some at a time, in an order drawn anew every epoch or fixed; or each drawn from all."""

    def __init__(self, rows: np.ndarray, size: int | None, seed: int, sampling: Sampling = "shuffled") -> None:
        self.rows = rows
        self.size = size if size is None or sampling == "replacement" else min(size, len(rows))
        self.seed = seed
        self.sampling = sampling
        self._order = lru_cache(maxsize=1)(self._draw)

    def at(self, step: int) -> np.ndarray | None:
        """The rows of a step; None for all train rows. The last batch of an epoch may be smaller."""
        if self.size is None:
            return None
        if self.sampling == "replacement":
            return np.random.default_rng([self.seed, step]).choice(self.rows, self.size)
        epoch, position = divmod(step, -(-len(self.rows) // self.size))
        return self._order(epoch)[position * self.size : (position + 1) * self.size]

    def _draw(self, epoch: int) -> np.ndarray:
        return self.rows if self.sampling == "fixed" else np.random.default_rng([self.seed, epoch]).permutation(self.rows)
