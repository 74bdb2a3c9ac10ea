"""Weights near those of a module at which nothing is special: no zeros that hide a part, no equal biases."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def noisy(parameters: Mapping[str, Tensor], seed: int) -> dict[str, Tensor]:
    """Parameters in double precision, on the CPU, with normal noise of half the size of each."""
    generator, found = torch.Generator().manual_seed(seed), {}
    for name, tensor in parameters.items():
        own = tensor.cpu().double()
        noise = torch.randn(own.shape, generator=generator, dtype=torch.float64)
        found[name] = own + noise * max(0.5 * float(own.square().mean().sqrt()), 0.1)
    return found
