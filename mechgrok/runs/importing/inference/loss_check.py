"""A loss that a foreign file records, compared with the loss of its weights."""

from __future__ import annotations

from dataclasses import dataclass

SAME = 1e-5
"""Relative: the difference that rounding makes between a recorded loss and that of its weights."""
TOLERANCE = 0.2
"""Relative. The recorded loss belongs to a step before the weights and differs a little; with a wrong split it differs by a factor."""


@dataclass(frozen=True)
class LossCheck:
    """The recorded and the recomputed loss of one split, in nats."""

    split: str
    recorded: float
    recomputed: float
    exact: str | None = None
    """The other split, where its two losses are the same: network, operation and split are then right."""

    def __str__(self) -> str:
        return f"{self.split} loss: recorded {self.recorded:.6g}, recomputed {self.recomputed:.6g}; {self._verdict}"

    @property
    def _verdict(self) -> str:
        if self.agrees:
            return f"they agree to {self.deviation:.2g} of the recorded one"
        if self.exact is not None:
            return f"of another moment, other labels or another loss, since the {self.exact} loss is exactly that of the weights"
        return "THEY DISAGREE: the split, the operation or the file is not the one that was stated"

    @property
    def is_exact(self) -> bool:
        """Whether the two losses are the same up to rounding."""
        return self.deviation < SAME

    @property
    def deviation(self) -> float:
        """The difference over the recorded loss."""
        return abs(self.recomputed - self.recorded) / max(abs(self.recorded), 1e-300)

    @property
    def agrees(self) -> bool:
        """Whether the two losses differ by at most 20 % of the recorded one."""
        return abs(self.recomputed - self.recorded) <= TOLERANCE * abs(self.recorded)
