"""Adam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mechgrok.config import DecayRate, PositiveFloat
from mechgrok.training.optimizers.optimizer import Coupled

if TYPE_CHECKING:
    import torch


class Adam(Coupled):
    """Adam with decay as an L2 penalty (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1)."""

    kind: Literal["adam"] = "adam"
    betas: tuple[DecayRate, DecayRate] = (0.9, 0.999)
    """Decay rates of the two moments."""
    eps: PositiveFloat = 1e-8
    """Added to the square root of the second moment."""

    def torch_optimizer(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adam(groups, lr=self.lr, betas=self.betas, eps=self.eps, fused=True)
