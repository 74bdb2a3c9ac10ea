"""Comparison of a known value with a computed one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Tolerance:
    """The allowed difference from a known value; without a bound the values must be equal.

    Attributes
    ----------
    absolute : float
    relative : float
        Relative to the larger of both values, as in `math.isclose`.

    Examples
    --------
    >>> str(Tolerance(relative=1e-4)), str(Tolerance())
    ('0.0001 relative', 'exact')
    """

    absolute: float = 0.0
    relative: float = 0.0

    def __str__(self) -> str:
        if self.relative:
            return f"{self.relative:g} relative"
        return f"{self.absolute:g}" if self.absolute else "exact"


EXACT = Tolerance()
"""Counts and sets."""
SHARE = Tolerance(absolute=1e-6)
"""Similarities, shares, coefficients."""
NATS = Tolerance(relative=1e-4)
"""Losses."""


@dataclass(frozen=True)
class Check:
    """A quantity with its expected and its computed value.

    Attributes
    ----------
    quantity : str
    expected, got : Any
    tolerance : Tolerance

    Examples
    --------
    >>> check = Check("loss", 2.0, 2.0001, NATS)
    >>> check.holds, round(check.difference, 6)
    (True, 0.0001)
    """

    quantity: str
    expected: Any
    got: Any
    tolerance: Tolerance = EXACT

    @property
    def difference(self) -> float | None:
        """|got - expected|; None where one of them is no number."""
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (self.expected, self.got))
        return abs(self.got - self.expected) if numbers else None

    @property
    def holds(self) -> bool:
        """Whether the values agree within the tolerance."""
        if self.tolerance == EXACT or self.difference is None:
            return bool(self.expected == self.got)
        return math.isclose(self.got, self.expected, rel_tol=self.tolerance.relative, abs_tol=self.tolerance.absolute)


def check_values(name: str, expected: Any, got: Any, tolerance: Tolerance) -> Iterator[Check]:
    """A check of a number, or one for every key of a mapping of numbers."""
    if isinstance(expected, Mapping):
        for key, value in expected.items():
            yield from check_values(f"{name} {key}", value, got.get(key) if isinstance(got, Mapping) else None, tolerance)
    else:
        yield Check(name, expected, got, tolerance)
