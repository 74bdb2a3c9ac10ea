"""Snapshots that hold given parameters."""

from __future__ import annotations

import torch
from planted import architecture, table
from torch import Tensor

from mechgrok.runs.snapshot import Snapshot

P = 13


def holding(weights: dict[str, Tensor], p: int = P) -> Snapshot:
    return Snapshot(table(p), architecture(p), weights, 0)


def embedding(rows: Tensor, equals: float = 50.0) -> Snapshot:
    """W_E with these rows for the number tokens, and a large one for '='."""
    return holding({"embed.W_E": torch.cat([rows.double(), torch.full((1, rows.shape[1]), equals, dtype=torch.float64)])}, len(rows))
