"""Weights by the names that a TransformerBridge of TransformerLens 4 gives to a network of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

ENDS = {"embed.W_E": "embed.weight", "pos_embed.W_pos": "pos_embed.weight", "unembed.W_U": "unembed.weight", "unembed.b_U": "unembed.bias"}
MLP = {"W_in": "in.weight", "b_in": "in.bias", "W_out": "out.weight", "b_out": "out.bias"}


def as_bridge(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A HookedTransformer's parameters as those of the bridge, whose matrices are (out, in) and join the heads."""
    named = {_name(name): _matrix(name, tensor) for name, tensor in weights.items()}
    return {name: tensor.contiguous() for name, tensor in named.items() if name is not None}


def _name(name: str) -> str | None:
    """The bridge's name; None for a buffer."""
    if name in ENDS:
        return ENDS[name]
    if match := re.fullmatch(r"(blocks\.\d+\.attn\.)([Wb])_([QKVO])", name):
        return f"{match[1]}{match[3].lower()}.{'weight' if match[2] == 'W' else 'bias'}"
    if match := re.fullmatch(r"(blocks\.\d+\.mlp\.)(\w+)", name):
        return f"{match[1]}{MLP[match[2]]}"
    return None


def _matrix(name: str, tensor: Tensor) -> Tensor:
    leaf = name.rpartition(".")[2]
    if leaf in {"W_Q", "W_K", "W_V"}:
        return tensor.transpose(1, 2).flatten(0, 1)
    if leaf == "W_O":
        return tensor.flatten(0, 1).T
    if leaf in {"b_Q", "b_K", "b_V"}:
        return tensor.flatten()
    return tensor.T if leaf in {"W_in", "W_out", "W_U"} else tensor
