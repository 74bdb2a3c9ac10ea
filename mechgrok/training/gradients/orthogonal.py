"""Gradients without their component along the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from mechgrok.training.gradients.gradient import Gradient

if TYPE_CHECKING:
    import torch


class Orthogonal(Gradient):
    """Perp-Grad: g becomes g - (<w, g> / <w, w>) w for each weight tensor w, so updates do not lower the loss by scaling w.

    Prieto et al. 2025 (arXiv 2501.04697), section 5. Sums are computed in float64. The gradient of a tensor of zeros is not changed.
    """

    kind: Literal["orthogonal"] = "orthogonal"
    rescale: bool = True
    """Rescale the result to the norm of g, as in the authors' code; their formula has no such factor."""

    def filter(self, parameters: Mapping[str, torch.nn.Parameter], memory: dict[str, torch.Tensor], step: int) -> None:
        for parameter in parameters.values():
            if parameter.grad is not None:
                parameter.grad.copy_(self._across(parameter.grad, parameter.detach().double()))

    def _across(self, given: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        import torch

        gradient = given.double()
        square = weights.square().sum()
        if not square:
            return gradient
        left = gradient - (weights * gradient).sum() / square * weights
        norm, kept = gradient.norm(), left.norm()
        # For a gradient parallel to the weights only rounding errors are left, which must not be amplified.
        return left * (norm / kept) if self.rescale and kept > 10 * torch.finfo(given.dtype).eps * norm else left
