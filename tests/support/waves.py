"""Sampled waves and circles, and tensors of zeros."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def wave(p: int, k: int, phase: float = 0.0) -> Tensor:
    return torch.cos(2 * math.pi * k * torch.arange(p, dtype=torch.float64) / p + phase)


def circle(p: int, k: int, size: float) -> Tensor:
    return size * torch.stack([wave(p, k), wave(p, k, -math.pi / 2)], dim=1)


def zeros(*shape: int) -> Tensor:
    return torch.zeros(*shape, dtype=torch.float64)
