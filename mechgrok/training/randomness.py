"""Random numbers of a training step, from (seed, step) alone: a resumed run needs no generator's history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch.nn import Module, RNNBase
from torch.nn.modules.dropout import _DropoutNd

DROPOUT, WEIGHT_NOISE = 1, 2
"""What numbers are for; each has its own stream."""


def seed_of(seed: int, step: int, purpose: int) -> int:
    """A seed of 64 bits for one purpose at one step."""
    return int(np.random.SeedSequence([seed, step, purpose]).generate_state(1, np.uint64)[0])


def generator(seed: int, step: int, purpose: int) -> torch.Generator:
    """A generator on the CPU, so that its numbers are the same for every device."""
    return torch.Generator().manual_seed(seed_of(seed, step, purpose))


def draws(model: Module) -> bool:
    """Whether a forward pass of a model in training mode draws random numbers: it has dropout that is above zero."""
    dropouts = [module.p for module in model.modules() if isinstance(module, _DropoutNd)]
    return any([*dropouts, *(module.dropout for module in model.modules() if isinstance(module, RNNBase))])


@contextmanager
def training(model: Module, seed: int, step: int) -> Iterator[None]:
    """A model that draws is in training mode here, and torch's own generators stand where (seed, step) puts them."""
    devices = {parameter.device for parameter in model.parameters() if parameter.device.type == "cuda"}
    with torch.random.fork_rng(devices=list(devices)):
        torch.manual_seed(seed_of(seed, step, DROPOUT))
        model.train()
        try:
            yield
        finally:
            model.eval()
