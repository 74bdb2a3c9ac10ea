"""Readings of spectra as public code has them, and embeddings made of basis rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from planted import Planted, architecture, cosine_logits, table

from mechgrok.maths.harmonic import fourier
from mechgrok.runs.snapshot import Snapshot


def gini(values: np.ndarray) -> float:
    """Mean difference over twice the mean."""
    return float(np.abs(values[:, None] - values).sum() / (2 * len(values) * values.sum()))


def participation(powers: np.ndarray) -> float:
    return float(powers.sum() ** 2 / (powers**2).sum())


def raw_powers(matrix: np.ndarray, frequencies: range) -> np.ndarray:
    """|<cos w_k t, x>|^2 + |<sin w_k t, x>|^2 with waves of amplitude 1, which no length is divided out of."""
    p = len(matrix)
    angles = 2 * np.pi * np.outer(frequencies, np.arange(p)) / p
    return ((np.cos(angles) @ matrix) ** 2 + (np.sin(angles) @ matrix) ** 2).sum(1)


def embedded(p: int, rows: Mapping[int, float], constant: float) -> Snapshot:
    """W_E = constant + amplitude times basis row, each in a feature of its own."""
    W_E = torch.full((p + 1, 8), constant, dtype=torch.float64)
    for feature, (row, amplitude) in enumerate(rows.items()):
        W_E[:p, feature] += amplitude * fourier.basis(p)[row]
    weights = {"embed.W_E": W_E, "blocks.0.mlp.W_out": torch.eye(8, dtype=torch.float64), "unembed.W_U": W_E[:p].T}
    return Snapshot(table(p), architecture(p, 8, 8), weights, 0)


def snapshot_with_logits(snapshot: Snapshot) -> Snapshot:
    """The same weights, beside logits that do not matter."""
    planted = Planted(snapshot.grid, cosine_logits(snapshot.grid, {1: 1.0}))
    planted.architecture, planted.weights = snapshot.architecture, snapshot.weights
    return planted
