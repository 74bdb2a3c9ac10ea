"""A small random network in float64, and its loss where some weights are changed."""

from __future__ import annotations

import numpy as np
import torch
from planted import architecture, table
from torch import Tensor

from mechgrok.models.architecture import Architecture
from mechgrok.runs.snapshot import Snapshot

P = 5
TRAIN = np.arange(P * P) % 3 == 0


def network(train: np.ndarray | None = TRAIN) -> Snapshot:
    """A random network in float64 with an '=' class."""
    draw = torch.Generator().manual_seed(5)
    shape = Architecture(**(vars(architecture(P)) | {"heads": 2, "d_head": 4, "d_vocab_out": P + 1}))
    sizes = {
        "embed.W_E": (P + 1, 8),
        "pos_embed.W_pos": (3, 8),
        **{f"blocks.0.attn.W_{letter}": (2, 8, 4) for letter in "QKV"},
        "blocks.0.attn.W_O": (2, 4, 8),
        "blocks.0.mlp.W_in": (8, 6),
        "blocks.0.mlp.b_in": (6,),
        "blocks.0.mlp.W_out": (6, 8),
        "unembed.W_U": (8, P + 1),
    }
    weights = {name: 0.7 * torch.randn(size, generator=draw, dtype=torch.float64) for name, size in sizes.items()}
    return Snapshot(table(P, train=train), shape, weights, 0)


def loss(snapshot: Snapshot, changed: dict[str, Tensor], rows: np.ndarray = TRAIN) -> float:
    """Mean over some rows of the losses that snapshots of changed weights have."""
    return float(snapshot.with_weights(changed).losses[rows].mean())
