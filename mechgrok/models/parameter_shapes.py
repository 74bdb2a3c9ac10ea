"""The parameters of a transformer: their names, shapes and order are those of TransformerLens' HookedTransformer."""

from __future__ import annotations

import torch
from torch import Tensor

from mechgrok.models.shape import Shape

Shapes = dict[str, tuple[int, ...]]


def parameter_shapes(shape: Shape) -> Shapes:
    """The shape of every parameter by its name; registers come last."""
    found: Shapes = {"embed.W_E": (shape.d_vocab, shape.d_model)}
    found |= {"pos_embed.W_pos": (shape.n_ctx, shape.d_model)} if shape.positions == "learned" else {}
    for layer in range(shape.layers):
        found |= {f"blocks.{layer}.{name}": size for name, size in _block(shape).items()}
    found |= _norm(shape, "ln_final") if shape.normalised_end else {}
    found |= {} if shape.tied else {"unembed.W_U": (shape.d_model, shape.d_vocab_out)}
    found |= {"unembed.b_U": (shape.d_vocab_out,)}
    return found | ({"registers.W_R": (shape.registers, shape.d_model)} if shape.registers else {})


def is_bias(name: str) -> bool:
    """Whether a parameter is a bias, by its name."""
    leaf = name.rpartition(".")[2]
    return leaf == "b" or leaf.startswith("b_")


def blank_weights(shape: Shape, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """Every parameter: the weights of norms 1, matrices and biases 0."""
    return {name: (torch.ones if name.endswith(".w") else torch.zeros)(size, dtype=dtype) for name, size in parameter_shapes(shape).items()}


def _block(shape: Shape) -> Shapes:
    norms = _norm(shape, "ln1") | ({} if shape.attn_only else _norm(shape, "ln2"))
    return norms | _attention(shape) | ({} if shape.attn_only else _mlp(shape))


def _norm(shape: Shape, name: str) -> Shapes:
    if shape.normalization in (None, "LNPre", "RMSPre"):
        return {}
    leaves = ("w",) if shape.normalization in ("RMS", "postRMS") else ("w", "b")
    return {f"{name}.{leaf}": (shape.d_model,) for leaf in leaves}


def _attention(shape: Shape) -> Shapes:
    into, bias = (shape.heads, shape.d_model, shape.d_head), (shape.heads, shape.d_head)
    sizes = {"W_Q": into, "W_O": (shape.heads, shape.d_head, shape.d_model), "b_Q": bias, "b_O": (shape.d_model,)}
    sizes |= {"W_K": into, "W_V": into, "b_K": bias, "b_V": bias}
    return {f"attn.{name}": size for name, size in sizes.items()}


def _mlp(shape: Shape) -> Shapes:
    into: Shapes = {"mlp.W_in": (shape.d_model, shape.d_mlp), "mlp.b_in": (shape.d_mlp,)}
    into |= {"mlp.W_gate": (shape.d_model, shape.d_mlp), "mlp.b_gate": (shape.d_mlp,)} if shape.gated else {}
    return into | {"mlp.W_out": (shape.d_mlp, shape.d_model), "mlp.b_out": (shape.d_model,)}
