"""Losses by their definition, and random rows and numbers, for tests of measures."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mechgrok.runs.snapshot import Grid


def loss_by_hand(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of every row, by the definition."""
    return np.log(np.exp(logits).sum(1)) - logits[np.arange(len(labels)), labels]


def some_train(p: int) -> np.ndarray:
    return np.random.default_rng(3).random(p * p) < 0.3


def mean_loss(grid: Grid, logits: Tensor, rows: Tensor | slice = slice(None)) -> float:
    return loss_by_hand(logits.numpy(), grid.labels.numpy())[rows].mean()


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
