"""The rows of a table that does not have all of them."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Annotated

import numpy as np
from pydantic import Field

from mechgrok.config import NonNegativeInt, Part, PositiveInt


class Domain(Part):
    """The rows of a table of numbers modulo p; by default all."""

    nonzero: bool = False
    """Leave out rows with an operand of 0."""
    ascending: bool = False
    """Keep only rows with a <= b (<= c ...), one for each unordered pair."""
    below: PositiveInt | None = None
    """Keep only operands below this number; a + b never reaches p where it is at most (p + 1) / 2."""
    first_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of the numbers that the first operand may be: int(share * p) of them, drawn at random."""
    first_seed: NonNegativeInt = 0
    """Seed of that draw: `random.seed(seed); random.sample(range(p), ...)`."""

    def numbers(self, p: int) -> tuple[np.ndarray, np.ndarray]:
        """The values of the first operand and of the others, ascending. Raises ValueError where there are none."""
        return _numbers(self, p)

    def rows(self, p: int, operands: int) -> np.ndarray:
        """The operands of every row (n, operands) in ascending order, the last one fastest. Raises ValueError where there is none."""
        first, others = self.numbers(p)
        grid = np.empty((len(first), *[len(others)] * (operands - 1), operands), dtype=np.int64)
        for axis, numbers in enumerate([first, *[others] * (operands - 1)]):
            grid[..., axis] = np.expand_dims(numbers, tuple(range(1, operands - axis)))
        found = grid.reshape(-1, operands)
        return found[(np.diff(found, axis=1) >= 0).all(1)] if self.ascending else found


@lru_cache(maxsize=64)
def _numbers(domain: Domain, p: int) -> tuple[np.ndarray, np.ndarray]:
    count = int(domain.first_fraction * p)
    if not count:
        raise ValueError(
            f"domain.first_fraction {domain.first_fraction:g} of {p} numbers leaves no first operand; use at least {1 / p + 5e-4:.3f}"
        )
    allowed = np.arange(int(domain.nonzero), p if domain.below is None else min(domain.below, p))
    first = np.arange(p) if domain.first_fraction == 1 else np.sort(random.Random(domain.first_seed).sample(range(p), count))
    found = (np.intersect1d(first, allowed), allowed)
    if not all(map(len, found)):
        raise ValueError("domain: no operand is left; give more of first_fraction, below, or zero")
    return found
