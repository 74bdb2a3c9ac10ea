"""The steps at which a recorded loop is kept, without knowing how long it will be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from numbers import Integral
from typing import Any

from mechgrok.errors import UserError


@dataclass(frozen=True)
class Schedule:
    """Steps with a checkpoint: every so many, some before these that are spaced logarithmically, and further ones."""

    every: int
    log_spaced: int
    """About this number of steps in each factor of 10, up to `every`; 0 for none."""
    at: Collection[int]
    metrics_every: int

    @classmethod
    def of(cls, every: Any, log_spaced: Any, at: Any, metrics_every: Any) -> Schedule:
        """The schedule of a user's numbers. Raises UserError where one is no number of steps."""
        given = {"every": every, "log_spaced": log_spaced, "metrics_every": metrics_every}
        try:
            steps = {f"a step of at (number {place})": step for place, step in enumerate(at, 1)}
        except TypeError:
            raise UserError(f"at is {at!r}; give several steps, such as at=(10, 30)") from None
        for name, value in {**given, **steps}.items():
            if not isinstance(value, Integral) or value < 0:
                raise UserError(f"{name} is {value!r}; give a number of steps, 0 or more")
        return cls(int(every), int(log_spaced), frozenset(map(int, steps.values())), int(metrics_every))

    def keeps(self, step: int) -> bool:
        """Whether the weights at a step are kept."""
        regular = self.every > 0 and step % self.every == 0
        return regular or step in self.at or step in _spaced(self.log_spaced, self.every)

    def measures(self, step: int) -> bool:
        """Whether the numbers that the loop gives are recorded at a step."""
        return (self.metrics_every > 0 and step % self.metrics_every == 0) or self.keeps(step)


@lru_cache(maxsize=16)
def _spaced(per_factor: int, end: int) -> frozenset[int]:
    found, place = {0}, 0
    while per_factor and round(10 ** (place / per_factor)) < end:
        found.add(round(10 ** (place / per_factor)))
        place += 1
    return frozenset(found)
