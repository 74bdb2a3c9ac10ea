"""Cyclic groups in a vocabulary: which number token is which element of Z_size.

Fourier measures transform a network's tensors in such a chart. The additive chart numbers the tokens by themselves; the multiplicative one
by their discrete logarithm to the smallest primitive root, and leaves token 0 out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

Basis = Literal["additive", "multiplicative"]


@dataclass(frozen=True, eq=False)
class Chart:
    """A cyclic group Z_size whose element i is the number token tokens[i]."""

    basis: Basis
    tokens: np.ndarray
    """(size,) int64, distinct."""

    @property
    def size(self) -> int:
        """Order of the group."""
        return len(self.tokens)

    def elements(self, numbers: int) -> np.ndarray:
        """The element of every number token (numbers,), -1 for those outside the chart."""
        found = np.full(numbers, -1)
        found[self.tokens] = np.arange(self.size)
        return found


@cache
def chart(basis: Basis, numbers: int) -> Chart | None:
    """The chart of 0 .. numbers-1; None where their units modulo `numbers` are not all but zero, or there is no group of two."""
    if basis == "additive":
        return Chart(basis, np.arange(numbers))
    root = primitive_root(numbers)
    return None if root is None else Chart(basis, np.array([pow(root, i, numbers) for i in range(numbers - 1)]))


def primitive_root(p: int) -> int | None:
    """The smallest g whose powers are all of 1 .. p-1 modulo p; None where p is no prime above 2."""
    if p < 3 or not is_prime(p):
        return None
    factors = [d for d in range(2, p) if (p - 1) % d == 0 and all(d % e for e in range(2, int(d**0.5) + 1))]
    return next(g for g in range(1, p) if all(pow(g, (p - 1) // q, p) != 1 for q in factors))


def is_prime(p: int) -> bool:
    """Whether p > 1 has no divisors."""
    return p > 1 and all(p % d for d in range(2, int(p**0.5) + 1))
