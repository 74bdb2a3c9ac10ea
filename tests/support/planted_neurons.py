"""Snapshots with given neurons, or with an embedding made of Fourier basis rows."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from planted import Planted, architecture, table
from torch import Tensor

from mechgrok.maths.harmonic import fourier
from mechgrok.runs.snapshot import Grid, Snapshot


def made_of(p: int, components: Mapping[int, float], constant: float = 3.0) -> Snapshot:
    """W_E = W_L^T = sum of amplitude times basis row, each in a feature of its own; the '=' token's row is large."""
    W_E = torch.full((p + 1, 8), constant, dtype=torch.float64)
    for feature, (row, amplitude) in enumerate(components.items()):
        W_E[:p, feature] += amplitude * fourier.basis(p)[row]
    W_E[p] = 1000
    snapshot = Planted(table(p), torch.zeros(p * p, p, dtype=torch.float64))
    snapshot.architecture = architecture(p, 8, 8)
    snapshot.weights = {"embed.W_E": W_E, "blocks.0.mlp.W_out": torch.eye(8, dtype=torch.float64), "unembed.W_U": W_E[:p].T}
    return snapshot


def with_neurons(grid: Grid, neurons: Tensor, W_L: Tensor) -> Planted:
    snapshot = Planted(grid, neurons @ W_L, neurons)
    snapshot.weights = {"blocks.0.mlp.W_out": W_L, "unembed.W_U": torch.eye(grid.p, dtype=torch.float64)}
    return snapshot


def wave(p: int, k: int, phase: float, t: Tensor) -> Tensor:
    return torch.cos(2 * math.pi * k * t.double() / p + phase)
