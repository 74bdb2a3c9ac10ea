"""What is done to gradients before the optimiser sees them. torch is imported where it is used, since configs are read without it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mechgrok.config import Part

if TYPE_CHECKING:
    import torch


class Gradient(Part):
    """A filter of gradients."""

    @abstractmethod
    def filter(self, parameters: Mapping[str, torch.nn.Parameter], memory: dict[str, torch.Tensor], step: int) -> None:
        """Replaces the gradients of `parameters` in place, for the update that follows `step` earlier ones.

        What it has to remember it keeps in `memory`, empty at first, which is saved and restored with the state of the run.
        """
