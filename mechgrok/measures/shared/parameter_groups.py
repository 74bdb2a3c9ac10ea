"""Parameters grouped by the part of the network that they belong to, by their TransformerLens names."""

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
    """The group of a parameter; norms for those of no other group.

    Parameters
    ----------
    name : str
        TransformerLens name.

    Returns
    -------
    str
        One of GROUPS.

    Examples
    --------
    >>> from mechgrok.measures.shared.parameter_groups import parameter_group
    >>> parameter_group("blocks.0.attn.W_Q")
    'attention'
    """
    parts = name.split(".")
    return _FIRST.get(parts[0]) or next((_INNER[part] for part in parts if part in _INNER), "norms")


def gradients(loss: Callable[[Mapping[str, Tensor]], Tensor], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Gradient of a scalar function of the weights; the weights are not changed.

    Parameters
    ----------
    loss : callable
        From weights by name to a scalar Tensor.
    weights : mapping of str to Tensor

    Returns
    -------
    dict of str to Tensor
        The derivative by each parameter, of its shape; zeros where the function does not depend on it.

    Examples
    --------
    >>> from mechgrok.measures.shared.parameter_groups import gradients
    >>> gradients(lambda weights: weights["w"].square().sum(), {"w": torch.tensor([1.0, 3.0])})["w"].tolist()
    [2.0, 6.0]
    """
    import torch

    inputs = [tensor.detach().requires_grad_() for tensor in weights.values()]
    found = torch.autograd.grad(loss(dict(zip(weights, inputs, strict=True))), inputs, allow_unused=True, materialize_grads=True)
    return dict(zip(weights, found, strict=True))


def vectors_by_group(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The parameters of each group as one vector.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        By TransformerLens name.

    Returns
    -------
    dict of str to Tensor (parameters of the group,)
        In the order of GROUPS, without empty groups.

    Examples
    --------
    >>> from mechgrok.measures.shared.parameter_groups import vectors_by_group
    >>> vectors_by_group({"embed.W_E": torch.ones(2, 3), "unembed.W_U": torch.ones(3, 2)})["embed"].shape
    torch.Size([6])
    """
    import torch

    members = {group: [tensor.flatten() for name, tensor in tensors.items() if parameter_group(name) == group] for group in GROUPS}
    return {group: torch.cat(parts) for group, parts in members.items() if parts}
