"""Adam with decoupled weight decay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mechgrok.config import DecayRate, PositiveFloat
from mechgrok.training.optimizers.optimizer import Decoupled

if TYPE_CHECKING:
    import torch


class AdamW(Decoupled):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2)."""

    kind: Literal["adamw"] = "adamw"
    betas: tuple[DecayRate, DecayRate] = (0.9, 0.98)
    """Decay rates of the two moments."""
    eps: PositiveFloat = 1e-8
    """Added to the square root of the second moment."""

    def torch_optimizer(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.AdamW(groups, lr=self.lr, betas=self.betas, eps=self.eps, fused=True)
