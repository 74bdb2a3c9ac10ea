"""The networks of the presets, from their descriptions: weights by name and tokens of all rows (n, pos) -> logits where they are read."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

Weights = dict[str, Tensor]


def attention(w: Weights, x: Tensor, layer: int = 0, biases: bool = False, share: float = 1.0) -> Tensor:
    """`share` of the softmax, the rest a weight of one for every token that is seen."""
    own = {letter: w[f"blocks.{layer}.attn.W_{letter}"] for letter in "QKVO"}
    q, k, v = (torch.einsum("npd,hde->nhpe", x, own[letter]) for letter in "QKV")
    if biases:
        q, k, v = (each + w[f"blocks.{layer}.attn.b_{letter}"][:, None] for each, letter in zip((q, k, v), "QKV", strict=True))
    scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
    seen = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    weigh = share * scores.masked_fill(~seen, -1e10).softmax(3) + (1 - share) * seen
    out = torch.einsum("nhpe,hed->npd", weigh @ v, own["O"])
    return out + w[f"blocks.{layer}.attn.b_O"] if biases else out


def mlp(w: Weights, x: Tensor, layer: int = 0, biases: bool = True) -> Tensor:
    module = f"blocks.{layer}.mlp"
    pre = x @ w[f"{module}.W_in"] + (w[f"{module}.b_in"] if biases else 0)
    return pre.relu() @ w[f"{module}.W_out"] + (w[f"{module}.b_out"] if biases else 0)


def norm(w: Weights, name: str, x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.w"], w[f"{name}.b"], 1e-5)


def nanda(w: Weights, tokens: Tensor) -> Tensor:
    """And Inglis', which differs in its initial weights."""
    x = w["embed.W_E"][tokens] + w["pos_embed.W_pos"]
    x = x + attention(w, x)
    return (x + mlp(w, x))[:, -1] @ w["unembed.W_U"]


def furuta(w: Weights, tokens: Tensor) -> Tensor:
    """No positions, no biases."""
    x = w["embed.W_E"][tokens]
    x = x + attention(w, x)
    return (x + mlp(w, x, biases=False))[:, -1] @ w["unembed.W_U"]


def devon(w: Weights, tokens: Tensor) -> Tensor:
    """Nothing is added on the way."""
    x = w["embed.W_E"][tokens] + w["pos_embed.W_pos"]
    return mlp(w, attention(w, x, biases=True))[:, -1] @ w["unembed.W_U"]


def zhong(w: Weights, tokens: Tensor) -> Tensor:
    """Attention weights of one; W_Q and W_K have no gradient, and decay."""
    x = w["embed.W_E"][tokens] + w["pos_embed.W_pos"]
    x = x + attention(w, x, share=0.0)
    return (x + mlp(w, x))[:, -1] @ w["unembed.W_U"]


def oocl(w: Weights, tokens: Tensor) -> Tensor:
    """Two layers of attention alone behind LayerNorms, all biases; room for five positions."""
    x = w["embed.W_E"][tokens] + w["pos_embed.W_pos"][: tokens.shape[1]]
    for layer in range(2):
        x = x + attention(w, norm(w, f"blocks.{layer}.ln1", x), layer, biases=True)
    return norm(w, "ln_final", x)[:, -1] @ w["unembed.W_U"] + w["unembed.b_U"]


def _post_norm(w: Weights, tokens: Tensor) -> Tensor:
    """Sines and cosines for positions, two blocks with a LayerNorm after each addition (n, pos, d_model)."""
    x = w["embed.W_E"][tokens]
    angle = torch.arange(x.shape[1])[:, None] / 10000 ** (torch.arange(0, x.shape[2], 2).double() / x.shape[2])
    x = x + torch.stack([angle.sin(), angle.cos()], 2).flatten(1)
    for layer in range(2):
        x = norm(w, f"blocks.{layer}.ln1", x + attention(w, x, layer))
        x = norm(w, f"blocks.{layer}.ln2", x + mlp(w, x, layer, biases=False))
    return x


def power(w: Weights, tokens: Tensor) -> Tensor:
    return _post_norm(w, tokens)[:, -1] @ w["unembed.W_U"]


def miml(w: Weights, tokens: Tensor) -> Tensor:
    return _post_norm(w, tokens).mean(1) @ w["unembed.W_U"]


def gromov(w: Weights, tokens: Tensor) -> Tensor:
    """W_2 (W_1 x)^2 / (2 p N)."""
    p, neurons = w["embed.W_E"].shape[1:]
    hidden = (w["embed.W_E"][0, tokens[:, 0]] + w["embed.W_E"][1, tokens[:, 1]]) ** 2
    return hidden @ w["blocks.0.mlp.W_out"] / (2 * p * neurons)
