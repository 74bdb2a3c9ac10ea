"""Adam with decoupled weight decay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mechgrok.config import Decay
from mechgrok.training.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    import torch


class AdamW(Optimizer):
    """Adam with decoupled weight decay."""

    kind: Literal["adamw"] = "adamw"
    weight_decay: Annotated[float, Field(ge=0)] = 1.0
    """Decoupled decay: every step multiplies the weights by 1 - lr * weight_decay."""
    betas: tuple[Decay, Decay] = (0.9, 0.98)
    """Decay rates of the two moments."""

    def build(self, parameters: Mapping[str, torch.nn.Parameter]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.AdamW(parameters.values(), lr=self.lr, betas=self.betas, weight_decay=self.weight_decay, fused=True)
