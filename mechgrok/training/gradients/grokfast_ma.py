"""Amplification of slow gradients by a moving average over a window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from mechgrok.config import NonNegativeFloat, PositiveInt
from mechgrok.training.gradients.gradient import Gradient

if TYPE_CHECKING:
    import torch


class GrokfastMA(Gradient):
    """Grokfast-MA: g becomes g + lamb * mean of the last `window` gradients, the current one included, from the `window`-th step on.

    Lee et al. 2024 (arXiv 2405.20233), section 3. The state of the run holds the whole window: `window` times the size of the weights.
    """

    kind: Literal["grokfast-ma"] = "grokfast-ma"
    window: PositiveInt = 100
    """Number of gradients in the average."""
    lamb: NonNegativeFloat = 5.0
    """Weight of the average."""

    def filter(self, parameters: Mapping[str, torch.nn.Parameter], memory: dict[str, torch.Tensor], step: int) -> None:
        for name, parameter in parameters.items():
            if parameter.grad is not None:
                last = memory.setdefault(name, parameter.grad.new_zeros(self.window, *parameter.shape))
                last[step % self.window] = parameter.grad
                if step + 1 >= self.window:
                    parameter.grad.add_(last.mean(0), alpha=self.lamb)
