"""The function of a network as a sum of a few waves of the phase."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mechgrok.tasks.charts import Chart


@dataclass(frozen=True)
class Wave:
    """A cos(2 pi k (phase - c) / N + delta)."""

    frequency: int
    amplitude: float
    angle: float
    """delta, radians."""

    def at(self, difference: int, order: int) -> float:
        """Its value at phase - c."""
        return self.amplitude * math.cos(2 * math.pi * (self.frequency * difference % order) / order + self.angle)


@dataclass(frozen=True)
class Program:
    """logit(operands, c) = sum of waves of phase(operands) - c, all of it in a cyclic group whose elements are number tokens."""

    chart: Chart
    modulus: int
    phase: str
    """A formula for the phase from a, b, ... as Python writes it; modulo N."""
    operands: tuple[str, ...]
    waves: tuple[Wave, ...]

    @property
    def order(self) -> int:
        """N, the order of the group."""
        return self.chart.size

    @property
    def real_numbers(self) -> int:
        """Amplitudes and angles; the angle of frequency N / 2 is a sign."""
        return sum(1 if 2 * wave.frequency == self.order else 2 for wave in self.waves)

    def profile(self) -> np.ndarray:
        """The sum of the waves at phase - c = 0 .. N - 1 (N,), rounded as the written program rounds it."""
        return np.array([sum(wave.at(d, self.order) for wave in self.waves) for d in range(self.order)])

    def logits(self) -> np.ndarray:
        """Of every phase and class, by elements of the group (N, N)."""
        elements = np.arange(self.order)
        return self.profile()[(elements[:, None] - elements) % self.order]

    def answers(self) -> np.ndarray:
        """The number token with the largest logit for every phase (N,), the smallest of those that tie."""
        ascending = np.sort(self.chart.tokens)
        by_token = self.logits()[:, self.chart.elements(self.modulus)[ascending]]
        return ascending[by_token.argmax(1)]

    @property
    def margin(self) -> float:
        """Logit of c = phase less the largest other one, the same for all rows: above 0, the program answers every row with its phase."""
        profile = self.profile()
        return float(profile[0] - profile[1:].max())
