"""Random weights of a small network by HookedTransformer's names."""

from __future__ import annotations

import torch
from torch import Tensor


def network(seed: int = 0, p: int = 7) -> dict[str, Tensor]:
    """One layer with two heads of width 3, d_model 6, d_mlp 5, rows (a, b, =) modulo p."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {"embed.W_E": (p + 1, 6), "pos_embed.W_pos": (3, 6), "unembed.W_U": (6, p), "unembed.b_U": (p,)}
    shapes |= {f"blocks.0.attn.W_{name}": (2, 6, 3) for name in "QKV"} | {"blocks.0.attn.W_O": (2, 3, 6), "blocks.0.attn.b_O": (6,)}
    shapes |= {f"blocks.0.attn.b_{name}": (2, 3) for name in "QKV"}
    shapes |= {"blocks.0.mlp.W_in": (6, 5), "blocks.0.mlp.b_in": (5,), "blocks.0.mlp.W_out": (5, 6), "blocks.0.mlp.b_out": (6,)}
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
