"""How the learning rate goes over training."""

from __future__ import annotations

from abc import abstractmethod

from mechgrok.config import Part


class RateSchedule(Part):
    """A factor of the optimiser's learning rate at every step."""

    @abstractmethod
    def factor(self, step: int) -> float:
        """The factor for the update that follows `step` earlier ones."""
