"""Tolerances of published numbers, and projections of logits written out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from mechgrok.runs.snapshot import Snapshot

THREE = "6,23,39"
"""What the rule of neuron clusters finds of {3, 6, 23, 39}."""
KEYS = [3, 6, 23, 39]
PRECISE = {"loss": 1e-4, "share": 1e-6}


def share(value: float) -> Any:
    return pytest.approx(value, abs=1e-6)


def nats(value: float) -> Any:
    return pytest.approx(value, rel=1e-4)


def each(expected: Mapping[str, float], agrees: Any) -> dict[str, Any]:
    return {key: agrees(value) for key, value in expected.items()}


def loss(logits: Tensor, labels: Tensor) -> float:
    """A float64 cross-entropy, written out."""
    return (logits.logsumexp(1) - logits[torch.arange(len(labels)), labels]).mean().item()


def kept(snapshot: Snapshot, keys: list[int]) -> Tensor:
    """The projection on cos, sin w_k(a + b) as a full array (n, p)."""
    angles = 2 * torch.pi * torch.tensor(keys) * snapshot.grid.phase[:, None] / snapshot.p
    waves = torch.cat([angles.cos(), angles.sin()], 1).double()
    waves = waves / waves.norm(dim=0)
    return waves @ (waves.T @ snapshot.logits)
