"""The rows of each step's batch. They depend on (seed, epoch) or (seed, step) alone, so a resumed run needs no generator state."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import numpy as np

Sampling = Literal["shuffled", "fixed", "replacement"]


def rows_a_step(batch: str | float, train: int) -> int | None:
    """The batch size under a config's `training.batch`, given the number of `train` rows; None for the whole train split.

    auto is min(512, train / 2), a share is share * train; both are rounded up.
    """
    if batch == "full":
        return None
    if batch == "auto":
        return min(512, -(-train // 2))
    # The decimal that was written: as a double, 0.07 * 100 is more than 7.
    return math.ceil(Fraction(str(batch)) * train) if isinstance(batch, float) else int(batch)


class Batches:
    """Batches of the train rows: the whole split, parts of a random or fixed order of each epoch, or draws with replacement."""

    def __init__(self, rows: np.ndarray, size: int | None, seed: int, sampling: Sampling = "shuffled") -> None:
        self.rows = rows
        self.size = size if size is None or sampling == "replacement" else min(size, len(rows))
        self.seed = seed
        self.sampling = sampling
        self._order = lru_cache(maxsize=1)(self._draw)

    def at(self, step: int) -> np.ndarray | None:
        """The row numbers of a step's batch; None for all train rows. The last batch of an epoch may be smaller."""
        if self.size is None:
            return None
        if self.sampling == "replacement":
            return np.random.default_rng([self.seed, step]).choice(self.rows, self.size)
        epoch, position = divmod(step, -(-len(self.rows) // self.size))
        return self._order(epoch)[position * self.size : (position + 1) * self.size]

    def _draw(self, epoch: int) -> np.ndarray:
        return self.rows if self.sampling == "fixed" else np.random.default_rng([self.seed, epoch]).permutation(self.rows)
