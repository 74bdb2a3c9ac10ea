"""Decay to the initial weights, which torch's optimisers do not know, and what of an update is decay."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import Parameter

from mechgrok.training.optimizers.optimizer import Optimizer


class Decay:
    """Where the weights of a run decay to, and how much. It has to be made of the initial weights."""

    def __init__(self, optimizer: Optimizer, parameters: Mapping[str, Parameter]) -> None:
        self.optimizer = optimizer
        decaying = {name: parameters[name] for name in parameters if name in optimizer.decaying(parameters)} if optimizer.decay else {}
        self._decaying = decaying
        to_init = optimizer.decay_to == "init"
        self._initial = {name: parameter.detach().clone() for name, parameter in decaying.items()} if to_init else {}

    @torch.no_grad()
    def apply(self, rate: float) -> None:
        """Decay to the initial weights, if that is asked for: of the weights themselves, or in the gradient that the optimiser gets."""
        for name, initial in self._initial.items():
            parameter, strength = self._decaying[name], self.optimizer.decay
            if self.optimizer.decoupled:
                parameter.add_(initial - parameter, alpha=rate * strength)
            elif parameter.grad is not None:
                parameter.grad.add_(parameter - initial, alpha=strength)

    def part(self, weights: Mapping[str, Tensor], rate: float) -> dict[str, Tensor]:
        """What decoupled decay adds to `weights` (float64) in a step: -rate * strength * (weights - where they decay to)."""
        found = {name: torch.zeros_like(tensor) for name, tensor in weights.items()}
        for name in self._decaying if self.optimizer.decoupled else ():
            target = self._initial[name].double() if name in self._initial else 0.0
            found[name] = -rate * self.optimizer.decay * (weights[name] - target)
        return found
