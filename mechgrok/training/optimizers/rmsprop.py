"""RMSprop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mechgrok.config import DecayRate, PositiveFloat
from mechgrok.training.optimizers.optimizer import Coupled

if TYPE_CHECKING:
    import torch


class RMSprop(Coupled):
    """RMSprop: v = alpha * v + (1 - alpha) * g^2, w -= lr * g / (sqrt(v) + eps) (Hinton's lecture 6e of 2012)."""

    kind: Literal["rmsprop"] = "rmsprop"
    alpha: DecayRate = 0.99
    """Decay rate of the mean square v."""
    eps: PositiveFloat = 1e-8
    """Added to the square root of v."""
    momentum: DecayRate = 0.0
    """Decay rate of the velocity, a sum of these updates; 0 for no momentum."""

    def torch_optimizer(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.RMSprop(groups, lr=self.lr, alpha=self.alpha, eps=self.eps, momentum=self.momentum)
