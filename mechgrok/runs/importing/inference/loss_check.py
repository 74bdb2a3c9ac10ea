"""A loss that a foreign file records, compared with the loss of its weights."""

from __future__ import annotations

from dataclasses import dataclass

TOLERANCE = 0.2
"""Relative. The recorded loss belongs to a step before the weights and differs a little; with a wrong split it differs by a factor."""


@dataclass(frozen=True)
class LossCheck:
    """The recorded and the recomputed loss of one split, in nats."""

    split: str
    recorded: float
    recomputed: float

    def __str__(self) -> str:
        verdict = (
            f"they agree to {self.deviation:.2g} of the recorded one"
            if self.agrees
            else "THEY DISAGREE: the split, the operation or the file is not the one that was stated"
        )
        return f"{self.split} loss: recorded {self.recorded:.6g}, recomputed {self.recomputed:.6g}; {verdict}"

    @property
    def deviation(self) -> float:
        """The difference over the recorded loss."""
        return abs(self.recomputed - self.recorded) / max(abs(self.recorded), 1e-300)

    @property
    def agrees(self) -> bool:
        """Whether the two losses differ by at most 20 % of the recorded one."""
        return abs(self.recomputed - self.recorded) <= TOLERANCE * abs(self.recorded)
