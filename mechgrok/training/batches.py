"""Which rows each step is trained on, from (seed, epoch) alone: a resumed run needs no generator's history."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


class Batches:
    """The train rows, all of them each step or some at a time in an order that is drawn anew every epoch."""

    def __init__(self, rows: np.ndarray, size: int | None, seed: int) -> None:
        self.rows = rows
        self.size = min(size, len(rows)) if size else None
        self.seed = seed
        self._order = lru_cache(maxsize=1)(self._draw)

    def at(self, step: int) -> np.ndarray | None:
        """The rows of a step; None for all train rows. The last batch of an epoch may be smaller."""
        if self.size is None:
            return None
        epoch, position = divmod(step, -(-len(self.rows) // self.size))
        return self._order(epoch)[position * self.size : (position + 1) * self.size]

    def _draw(self, epoch: int) -> np.ndarray:
        return np.random.default_rng([self.seed, epoch]).permutation(self.rows)
