"""Updates whose gradients and changes of the weights are passed to the probes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mechgrok.discovery import kinds
from mechgrok.training.probes.probe import UpdateDetails
from mechgrok.training.trainer import Trainer


@dataclass(frozen=True)
class Reading:
    """A number of a probe: the kind of the probe, and the name and value of the number."""

    probe: str
    name: str
    value: float


def update(trainer: Trainer, step: int) -> tuple[Tensor, list[Reading]]:
    """Run `trainer.update(step)`, with the same bits; returns its objective (scalar) and the numbers of the configured probes."""
    loss = trainer.backward(step)
    before = _copies(trainer)
    gradients = {name: _gradient(parameter) for name, parameter in trainer.trained.items()}
    trainer.apply(step)
    after = _copies(trainer)
    rate = trainer.rate(step)
    details = UpdateDetails(gradients, trainer.decay.part(before, rate), {name: after[name] - before[name] for name in after}, rate)
    return loss, list(_readings(trainer.config.training.probes, details))


def _readings(names: Sequence[str], details: UpdateDetails) -> Iterator[Reading]:
    for kind in names:
        for name, value in kinds("training.probes")[kind]().read(details):
            yield Reading(kind, name, value)


def _copies(trainer: Trainer) -> dict[str, Tensor]:
    return {name: parameter.detach().to(torch.float64, copy=True) for name, parameter in trainer.trained.items()}


def _gradient(parameter: Tensor) -> Tensor:
    gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
    return gradient.detach().to(torch.float64, copy=True)
