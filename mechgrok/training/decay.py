"""Decay towards the initial weights, which torch's optimisers lack, and the share of decay in an update."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import Parameter

from mechgrok.training.optimizers.optimizer import Optimizer


class Decay:
    """The decay of a run. It copies the parameters that it is given, which must be the initial weights."""

    def __init__(self, optimizer: Optimizer, parameters: Mapping[str, Parameter]) -> None:
        self.optimizer = optimizer
        decaying = {name: parameters[name] for name in parameters if name in optimizer.decaying(parameters)} if optimizer.decay else {}
        self._decaying = decaying
        to_init = optimizer.decay_to == "init"
        self._initial = {name: parameter.detach().clone() for name, parameter in decaying.items()} if to_init else {}

    @torch.no_grad()
    def apply(self, rate: float) -> None:
        """Decay towards the initial weights where `decay_to` is init: of the weights if decoupled, otherwise through the gradients."""
        for name, initial in self._initial.items():
            parameter, strength = self._decaying[name], self.optimizer.decay
            if self.optimizer.decoupled:
                parameter.add_(initial - parameter, alpha=rate * strength)
            elif parameter.grad is not None:
                parameter.grad.add_(parameter - initial, alpha=strength)

    def part(self, weights: Mapping[str, Tensor], rate: float) -> dict[str, Tensor]:
        """What decoupled decay adds to `weights` (float64) in a step: -rate * strength * (weights - target); zeros if coupled."""
        found = {name: torch.zeros_like(tensor) for name, tensor in weights.items()}
        for name in self._decaying if self.optimizer.decoupled else ():
            target = self._initial[name].double() if name in self._initial else 0.0
            found[name] = -rate * self.optimizer.decay * (weights[name] - target)
        return found
