"""Gradients without their part along the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from mechgrok.training.gradients.gradient import Gradient

if TYPE_CHECKING:
    import torch


class Orthogonal(Gradient):
    """Perp-Grad: g becomes g - (<w, g> / <w, w>) w for each tensor w of weights, so that no loss is gained by scaling it.

    Prieto et al. 2025 (arXiv 2501.04697), section 5. Products are summed in float64; a tensor that is zero keeps its gradient.
    """

    kind: Literal["orthogonal"] = "orthogonal"
    rescale: bool = True
    """Give what is left the norm that g had, as the authors' code does and their formula does not."""

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
        # Of a gradient along the weights only its rounding is left, which must not be blown up.
        return left * (norm / kept) if self.rescale and kept > 10 * torch.finfo(given.dtype).eps * norm else left
