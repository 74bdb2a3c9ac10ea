"""The transformer with torch's own modules, row by row and head by head: a second route to the logits of every shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mechgrok.models.shape import Shape

Weights = Mapping[str, Tensor]
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": nn.ReLU(),
    "gelu": nn.GELU(),
    "gelu_new": nn.GELU(approximate="tanh"),
    "quadratic": lambda x: x * x,
    "silu": nn.SiLU(),
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "leaky_relu": nn.LeakyReLU(),
    "identity": nn.Identity(),
    "elu": nn.ELU(),
    "selu": nn.SELU(),
    "mish": nn.Mish(),
    "softplus": nn.Softplus(),
    "relu2": lambda x: x.clamp_min(0) * x,
    "quick_gelu": lambda x: x / (1 + torch.exp(-1.702 * x)),
    "sin": lambda x: torch.cos(x - math.pi / 2),
}


def logits(shape: Shape, weights: Weights, tokens: Tensor) -> Tensor:
    """(batch, classes) at the position that is read."""
    return torch.stack([_row(shape, weights, row) for row in tokens])


def _row(shape: Shape, w: Weights, tokens: Tensor) -> Tensor:
    length = len(tokens)
    x = nn.Embedding.from_pretrained(w["embed.W_E"])(tokens) + _positions(shape, w, length)
    x = torch.cat([x, w["registers.W_R"]]) if shape.registers else x
    for layer in range(shape.layers):
        x = _block(shape, w, f"blocks.{layer}", x, length)
    x = _norm(shape, w, "ln_final", x) if _ends_with_norm(shape) else x
    x = x[:length].mean(0) if shape.pooling == "mean" else x[length - 1]
    W_U = w["embed.W_E"].T if shape.tied else w["unembed.W_U"]
    return F.linear(x, W_U.T, w["unembed.b_U"])


def _ends_with_norm(shape: Shape) -> bool:
    if shape.normalization is None:
        return False
    return not shape.normalization.startswith("post") if shape.final_norm is None else shape.final_norm


def _positions(shape: Shape, w: Weights, length: int) -> Tensor | float:
    if shape.positions == "learned":
        return w["pos_embed.W_pos"][:length]
    if shape.positions in ("none", "rotary", "alibi"):
        return 0.0
    angle = [[i / 10000 ** ((j - j % 2) / shape.d_model) for j in range(shape.d_model)] for i in range(length)]
    waves = [[math.cos(v) if j % 2 else math.sin(v) for j, v in enumerate(row)] for row in angle]
    return torch.tensor(waves).float().to(w["embed.W_E"])


def _block(shape: Shape, w: Weights, name: str, x: Tensor, length: int) -> Tensor:
    after = bool(shape.normalization) and str(shape.normalization).startswith("post")
    before = bool(shape.normalization) and not after
    parts = [("ln1", lambda y: _attention(shape, w, f"{name}.attn", y, length))]
    parts += [] if shape.attn_only else [("ln2", lambda y: _mlp(shape, w, f"{name}.mlp", y))]
    for norm, part in parts:
        out = part(_norm(shape, w, f"{name}.{norm}", x) if before else x)
        x = x + out if shape.residual else out
        x = _norm(shape, w, f"{name}.{norm}", x) if after else x
    return x


def _norm(shape: Shape, w: Weights, name: str, x: Tensor) -> Tensor:
    kind, size = shape.normalization, x.shape[-1]
    parameters = {"weight": w[f"{name}.w"]} if f"{name}.w" in w else {}
    parameters |= {"bias": w[f"{name}.b"]} if f"{name}.b" in w else {}
    if kind == "post-unbiased":
        return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + shape.eps) * parameters["weight"] + parameters["bias"]
    affine = {"elementwise_affine": bool(parameters), "dtype": x.dtype}
    module = nn.RMSNorm(size, shape.eps, **affine) if "RMS" in str(kind) else nn.LayerNorm(size, shape.eps, **affine)
    return torch.func.functional_call(module, parameters, x, strict=True)


def _attention(shape: Shape, w: Weights, name: str, x: Tensor, length: int) -> Tensor:
    visible = torch.ones(len(x), len(x), dtype=torch.bool)
    if shape.attention_direction == "causal":
        visible = visible.tril()
        visible[length:], visible[:, length:] = True, True
    out = w[f"{name}.b_O"]
    for head in range(shape.heads):
        q, k, v = (x @ w[f"{name}.W_{letter}"][head] + w[f"{name}.b_{letter}"][head] for letter in "QKV")
        if shape.positions == "rotary":
            q, k = _turned(shape, q), _turned(shape, k)
        out = out + _mixed(shape, head, q, k, v, visible) @ w[f"{name}.W_O"][head]
    return out


def _turned(shape: Shape, x: Tensor) -> Tensor:
    """Pairs of entries as complex numbers, times exp(i pos / base^(2j / d_head))."""
    pairs = torch.complex(x[:, : shape.d_head // 2], x[:, shape.d_head // 2 :])
    angles = [[i / shape.rotary_base ** (2 * j / shape.d_head) for j in range(shape.d_head // 2)] for i in range(len(x))]
    cosine, sine = (torch.tensor([[f(v) for v in row] for row in angles]).float().to(x) for f in (math.cos, math.sin))
    turned = pairs * torch.complex(cosine, sine)
    return torch.cat([turned.real, turned.imag], 1)


def _mixed(shape: Shape, head: int, q: Tensor, k: Tensor, v: Tensor, visible: Tensor) -> Tensor:
    if shape.softmax == "softmax1":  # a further key with score 0, whose value is 0
        q, k, v = q, F.pad(k, (0, 0, 0, 1)), F.pad(v, (0, 0, 0, 1))
        seen = F.pad(visible, (0, 1), value=True)
    else:
        seen = visible
    mask = torch.zeros(seen.shape).to(q).masked_fill(~seen, -math.inf)
    if shape.positions == "alibi":
        far = [[abs(i - j) if j < len(visible) else 0 for j in range(seen.shape[1])] for i in range(len(visible))]
        mask = mask - torch.tensor(far).to(q) / 256 ** ((head + 1) / shape.heads)
    attended = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=mask)[0]
    uniform = visible.to(v) @ v[: visible.shape[1]]
    return shape.attention_coefficient * attended + (1 - shape.attention_coefficient) * uniform


def _mlp(shape: Shape, w: Weights, name: str, x: Tensor) -> Tensor:
    into, act = F.linear(x, w[f"{name}.W_in"].T, w[f"{name}.b_in"]), ACTIVATIONS[shape.activation]
    neurons = act(F.linear(x, w[f"{name}.W_gate"].T, w[f"{name}.b_gate"])) * into if shape.gated else act(into)
    return F.linear(neurons, w[f"{name}.W_out"].T, w[f"{name}.b_out"])
