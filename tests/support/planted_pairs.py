"""Waves over all pairs (a, b)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def operands(p: int) -> tuple[Tensor, Tensor]:
    a, b = np.divmod(np.arange(p * p), p)
    return torch.from_numpy(a), torch.from_numpy(b)


def cosine(p: int, k: int, numbers: Tensor) -> Tensor:
    return torch.cos(2 * torch.pi * (k * numbers % p).double() / p)
