"""What turns gradients into updates. torch is imported where it is used, since configs are read without it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mechgrok.config import Part

if TYPE_CHECKING:
    import torch


class Optimizer(Part):
    """A rule of updates."""

    lr: Annotated[float, Field(gt=0)] = 1e-3
    """Learning rate, which the schedule scales."""

    @abstractmethod
    def build(self, parameters: Mapping[str, torch.nn.Parameter]) -> torch.optim.Optimizer:
        """torch's optimiser of the parameters that are trained, by their TransformerLens names."""
