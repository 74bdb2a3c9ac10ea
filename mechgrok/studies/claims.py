"""Evaluates the claims of a study and their controls."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mechgrok.analysis import Claim, Quantity
from mechgrok.studies.compared import value
from mechgrok.studies.pace import Interval
from mechgrok.studies.trained import Trained

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Evaluated:
    """A claim with the values of each seed and those of its control."""

    claim: Claim
    values: tuple[Interval | str, ...]
    controls: tuple[Interval | str, ...]

    @property
    def verdict(self) -> str:
        """The verdict as text: reproduced, or the number of seeds in which it holds and the result of the control."""
        return verdict(self.answers(self.values), self.answers(self.controls))

    def answers(self, values: Sequence[Interval | str]) -> list[Answer]:
        """Whether each value lies in the range of the claim."""
        return [answer(value, self.claim.low, self.claim.high) for value in values]


def evaluate(trained: Trained) -> list[Evaluated]:
    """Every claim of a study with its values."""
    return [Evaluated(claim, _values(trained, claim.value), _values(trained, claim.control)) for claim in trained.study.claims]


def _values(trained: Trained, quantity: Quantity) -> tuple[Interval | str, ...]:
    return tuple(value(trained, quantity, seed) for seed in trained.study.seeds)


def answer(value: Interval | str, low: float, high: float) -> Answer:
    """Whether an interval lies in the open range from low to high; `unknown` where they overlap or the value is missing."""
    if isinstance(value, str):
        return "unknown"
    if (low < value[0] or low == -math.inf) and (value[1] < high or high == math.inf):
        return "yes"
    return "no" if value[1] <= low or high <= value[0] else "unknown"


def verdict(values: Sequence[Answer], controls: Sequence[Answer]) -> str:
    """The verdict of the answers of all seeds."""
    found, of_control, seeds = Counter(values), Counter(controls), len(values)
    if found["yes"] == seeds and of_control["no"] == seeds:
        return "reproduced"
    if found["yes"] == seeds and of_control["yes"]:
        return f"holds, but so does the control in {of_control['yes']} of {seeds} seeds"
    if found["yes"] == seeds:
        return f"holds, the control is undecided in {of_control['unknown']} of {seeds} seeds"
    if found["unknown"] == seeds:
        return "undecided"
    if found["no"] == seeds:
        return "does not hold"
    return f"holds in {found['yes']} of {seeds} seeds" + (f", undecided in {found['unknown']}" if found["unknown"] else "")
