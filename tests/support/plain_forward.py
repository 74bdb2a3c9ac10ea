"""Forward passes written from the equations alone, and a small network."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

Weights = Mapping[str, Tensor]


def logits(weights: Weights, tokens: Tensor, uniform: bool = False) -> Tensor:
    """(weights, tokens (batch, pos)) -> float64 logits (batch, class) at the last position; `uniform` replaces attention by ones."""
    w = {name: tensor.double() for name, tensor in weights.items()}
    x = w["embed.W_E"][tokens] + w["pos_embed.W_pos"][: tokens.shape[1]]
    for layer in range(sum(name.endswith("W_O") for name in w)):
        block = f"blocks.{layer}"
        x = x + _attention(_norm(x, w, f"{block}.ln1"), w, f"{block}.attn", uniform)
        if f"{block}.mlp.W_in" in w:
            hidden = (_norm(x, w, f"{block}.ln2") @ w[f"{block}.mlp.W_in"] + w[f"{block}.mlp.b_in"]).relu()
            x = x + hidden @ w[f"{block}.mlp.W_out"] + w[f"{block}.mlp.b_out"]
    return _norm(x, w, "ln_final")[:, -1] @ w["unembed.W_U"] + w.get("unembed.b_U", torch.zeros(()))


def _norm(x: Tensor, weights: Weights, name: str) -> Tensor:
    if f"{name}.w" not in weights:
        return x
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt() * weights[f"{name}.w"] + weights[f"{name}.b"]


def _attention(x: Tensor, w: Weights, at: str, uniform: bool) -> Tensor:
    q, k, v = (torch.einsum("bpm,hmd->bhpd", x, w[f"{at}.W_{c}"]) + _bias(w, f"{at}.b_{c}") for c in "QKV")
    scores = torch.einsum("bhqd,bhkd->bhqk", q, k) / math.sqrt(q.shape[-1])
    future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
    pattern = torch.ones_like(scores) if uniform else scores.masked_fill(future, -math.inf).softmax(-1)
    return torch.einsum("bhqk,bhkd,hdm->bqm", pattern, v, w[f"{at}.W_O"]) + w.get(f"{at}.b_O", torch.zeros(()))


def _bias(w: Weights, name: str) -> Tensor:
    return w[name][:, None] if name in w else torch.zeros((), dtype=torch.float64)


def in_columns(weights: Weights, tokens: Tensor, coefficient: float = 1.0) -> Tensor:
    """The logits at the last position of one layer in the orientation of Nanda et al. 2023, whose vectors are columns.

    The attention pattern is `coefficient` times the softmax, plus 1 - `coefficient` (Zhong et al. 2023).
    """
    w = {name: tensor.double() for name, tensor in weights.items()}
    x = w["embed.W_E"].T[tokens] + w["pos_embed.W_pos"][: tokens.shape[1]]
    heads = []
    for keys, queries, values in zip(*(w[f"blocks.0.attn.W_{letter}"] for letter in "KQV"), strict=True):
        scores = (x @ keys.T @ (queries @ x[:, -1].T).T[:, :, None])[:, :, 0] / math.sqrt(len(keys))
        pattern = coefficient * scores.softmax(1) + 1 - coefficient
        heads.append((pattern[:, :, None] * (x @ values.T)).sum(1))
    middle = x[:, -1] + torch.cat(heads, 1) @ w["blocks.0.attn.W_O"].T
    hidden = (middle @ w["blocks.0.mlp.W_in"].T + w["blocks.0.mlp.b_in"]).relu()
    return (middle + hidden @ w["blocks.0.mlp.W_out"].T + w["blocks.0.mlp.b_out"]) @ w["unembed.W_U"]


def small_network() -> dict[str, Tensor]:
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


def columns_network(positions: int = 3) -> dict[str, Tensor]:
    """One layer in the orientation of Nanda et al. 2023: 2 heads of 3, d_model 6, 8 neurons, 11 tokens and classes, and the mask."""
    shapes = {
        "embed.W_E": (6, 11),
        "pos_embed.W_pos": (positions, 6),
        "blocks.0.attn.W_K": (2, 3, 6),
        "blocks.0.attn.W_Q": (2, 3, 6),
        "blocks.0.attn.W_V": (2, 3, 6),
        "blocks.0.attn.W_O": (6, 6),
        "blocks.0.mlp.W_in": (8, 6),
        "blocks.0.mlp.b_in": (8,),
        "blocks.0.mlp.W_out": (6, 8),
        "blocks.0.mlp.b_out": (6,),
        "unembed.W_U": (6, 11),
    }
    generator = torch.Generator().manual_seed(1)
    weights = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    return {**weights, "blocks.0.attn.mask": torch.ones(positions, positions).tril()}
