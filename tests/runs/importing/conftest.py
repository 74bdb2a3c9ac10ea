"""A forward pass of its own, written from the equations alone, and a small network."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor

Weights = Mapping[str, Tensor]


def _norm(x: Tensor, weights: Weights, name: str) -> Tensor:
    if f"{name}.w" not in weights:
        return x
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt() * weights[f"{name}.w"] + weights[f"{name}.b"]


def _attention(x: Tensor, w: Weights, at: str, uniform: bool) -> Tensor:
    q, k, v = (torch.einsum("bpm,hmd->bhpd", x, w[f"{at}.W_{c}"]) + w[f"{at}.b_{c}"][:, None] for c in "QKV")
    scores = torch.einsum("bhqd,bhkd->bhqk", q, k) / math.sqrt(q.shape[-1])
    future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
    pattern = torch.ones_like(scores) if uniform else scores.masked_fill(future, -math.inf).softmax(-1)
    return torch.einsum("bhqk,bhkd,hdm->bqm", pattern, v, w[f"{at}.W_O"]) + w[f"{at}.b_O"]


@pytest.fixture(scope="session")
def forward() -> Callable[..., Tensor]:
    """(weights, tokens (batch, pos)) -> float64 logits (batch, class) at the last position; `uniform` replaces attention by ones."""

    def logits(weights: Weights, tokens: Tensor, uniform: bool = False) -> Tensor:
        w = {name: tensor.double() for name, tensor in weights.items()}
        x = w["embed.W_E"][tokens] + w["pos_embed.W_pos"][: tokens.shape[1]]
        for layer in range(sum(name.endswith("W_O") for name in w)):
            block = f"blocks.{layer}"
            x = x + _attention(_norm(x, w, f"{block}.ln1"), w, f"{block}.attn", uniform)
            if f"{block}.mlp.W_in" in w:
                hidden = (_norm(x, w, f"{block}.ln2") @ w[f"{block}.mlp.W_in"] + w[f"{block}.mlp.b_in"]).relu()
                x = x + hidden @ w[f"{block}.mlp.W_out"] + w[f"{block}.mlp.b_out"]
        return _norm(x, w, "ln_final")[:, -1] @ w["unembed.W_U"] + w["unembed.b_U"]

    return logits


@pytest.fixture
def small() -> dict[str, Tensor]:
    """One layer by HookedTransformer's names: 2 heads of 3, d_model 5, d_mlp 7, 11 tokens, 10 classes, 4 positions."""
    shapes = {
        "embed.W_E": (11, 5),
        "pos_embed.W_pos": (4, 5),
        "blocks.0.attn.W_Q": (2, 5, 3),
        "blocks.0.attn.W_K": (2, 5, 3),
        "blocks.0.attn.W_V": (2, 5, 3),
        "blocks.0.attn.W_O": (2, 3, 5),
        "blocks.0.mlp.W_in": (5, 7),
        "blocks.0.mlp.b_in": (7,),
        "blocks.0.mlp.W_out": (7, 5),
        "blocks.0.mlp.b_out": (5,),
        "unembed.W_U": (5, 10),
    }
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
