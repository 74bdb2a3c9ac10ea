"""Gradient descent with momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import model_validator

from mechgrok.config import DecayRate
from mechgrok.training.optimizers.optimizer import Coupled

if TYPE_CHECKING:
    import torch


class SGD(Coupled):
    """Gradient descent with Nesterov's momentum: v = momentum * v + g, w -= lr * (g + momentum * v) (Sutskever et al. 2013, section 2)."""

    kind: Literal["sgd"] = "sgd"
    momentum: DecayRate = 0.9
    """Decay rate of the velocity v; 0 for plain gradient descent, which needs nesterov off."""
    nesterov: bool = True
    """Nesterov momentum; otherwise w -= lr * v."""

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0; set momentum, or turn nesterov off")
        return self

    def torch_optimizer(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.SGD(groups, lr=self.lr, momentum=self.momentum, nesterov=self.nesterov, fused=True)
