"""One update, seen from inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from mechgrok.discovery import family
from mechgrok.training.trainer import Trainer


@dataclass(frozen=True)
class Seen:
    """What an update did to the trained parameters, by name, all in float64."""

    gradients: Mapping[str, Tensor]
    """Of the objective on the step's batch, before the gradient filter and clipping."""
    decay: Mapping[str, Tensor]
    """What decoupled decay added to the weights; zero without."""
    change: Mapping[str, Tensor]
    """The weights after the update minus those before."""
    rate: float
    """The learning rate."""


@dataclass(frozen=True)
class Reading:
    """One number of a probe."""

    probe: str
    name: str
    value: float


def update(trainer: Trainer, step: int) -> tuple[Tensor, list[Reading]]:
    """`trainer.update(step)`, to the bit, and what the config's probes read of it."""
    loss = trainer.backward(step)
    before = _copies(trainer)
    gradients = {name: _gradient(parameter) for name, parameter in trainer.trained.items()}
    trainer.apply(step)
    after = _copies(trainer)
    rate = trainer.rate(step)
    seen = Seen(gradients, trainer.decay.part(before, rate), {name: after[name] - before[name] for name in after}, rate)
    return loss, [Reading(kind, *each) for kind in trainer.config.training.probes for each in family("training.probes")[kind]().read(seen)]


def _copies(trainer: Trainer) -> dict[str, Tensor]:
    return {name: parameter.detach().to(torch.float64, copy=True) for name, parameter in trainer.trained.items()}


def _gradient(parameter: Tensor) -> Tensor:
    gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
    return gradient.detach().to(torch.float64, copy=True)
