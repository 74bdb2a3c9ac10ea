"""Parameters by what they are a part of, as TransformerLens names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

GROUPS = ("embed", "positions", "attention", "mlp", "norms", "unembed")
"""W_E; W_pos; attention with its biases, in all layers; MLP with its biases; LayerNorms; W_U and b_U."""
ALL = "all"
GROUP_MEANING = "embed, positions, attention, mlp, norms, unembed; all: every parameter"
_FIRST = {"embed": "embed", "pos_embed": "positions", "unembed": "unembed"}
_INNER = {"attn": "attention", "mlp": "mlp"}


def parameter_group(name: str) -> str:
    """The group of a parameter: of `blocks.0.attn.W_Q` attention; whatever belongs to none of the others counts among norms."""
    parts = name.split(".")
    return _FIRST.get(parts[0]) or next((_INNER[part] for part in parts if part in _INNER), "norms")


def gradients(loss: Callable[[Mapping[str, Tensor]], Tensor], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Gradient of a scalar function of the weights, by their names; the weights stay as they are."""
    import torch

    inputs = [tensor.detach().requires_grad_() for tensor in weights.values()]
    found = torch.autograd.grad(loss(dict(zip(weights, inputs, strict=True))), inputs, allow_unused=True, materialize_grads=True)
    return dict(zip(weights, found, strict=True))


def vectors_by_group(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each group that there is as one vector, in the order of GROUPS."""
    import torch

    members = {group: [tensor.flatten() for name, tensor in tensors.items() if parameter_group(name) == group] for group in GROUPS}
    return {group: torch.cat(parts) for group, parts in members.items() if parts}
