"""Amplification of slow gradients by an exponential moving average."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from mechgrok.config import DecayRate, NonNegativeFloat
from mechgrok.training.gradients.gradient import Gradient

if TYPE_CHECKING:
    import torch


class Grokfast(Gradient):
    """Grokfast-EMA: g becomes g + lamb * mu, where mu = alpha * mu + (1 - alpha) * g starts as the first gradient.

    Lee et al. 2024 (arXiv 2405.20233), section 3. The first value of mu follows the authors' code.
    """

    kind: Literal["grokfast"] = "grokfast"
    alpha: DecayRate = 0.98
    """Decay rate of the average; larger is slower."""
    lamb: NonNegativeFloat = 2.0
    """Weight of the average."""

    def filter(self, parameters: Mapping[str, torch.nn.Parameter], memory: dict[str, torch.Tensor], step: int) -> None:
        for name, parameter in parameters.items():
            if parameter.grad is not None:
                mean = memory.setdefault(name, parameter.grad.clone())
                mean.mul_(self.alpha).add_(parameter.grad, alpha=1 - self.alpha)
                parameter.grad.add_(mean, alpha=self.lamb)
