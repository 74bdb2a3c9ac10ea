"""Activation patching: an activation of one forward pass in another one."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.interventions.hook_points import Hook, at_position, head_count, with_value_at


def patch(hook_name: str, source_activations: Tensor, position: int = -1, head: int | None = None) -> Hook:
    """Replaces an activation at a position by that of another forward pass.

    Parameters
    ----------
    hook_name : str
    source_activations : Tensor (batch, ...)
        `cache[hook_name]` of the other forward pass, of the same shape.
    position : int
        By default the last.
    head : int, optional
        Only the part of this head, at hook points with heads, such as "blocks.0.attn.hook_z".

    Returns
    -------
    (str, callable)
        A pair for `fwd_hooks`.

    Examples
    --------
    >>> name, hook = patch("blocks.0.hook_mlp_out", torch.ones(1, 2, 1))
    >>> hook(torch.zeros(1, 2, 1), None).flatten().tolist()
    [0.0, 1.0]
    """

    def patched(activation: Tensor, hook: Any) -> Tensor:
        _check(hook_name, source_activations, activation, head)
        value = at_position(hook_name, activation, position).clone()
        which = slice(None) if head is None else (slice(None), head)
        value[which] = at_position(hook_name, source_activations, position)[which]
        return with_value_at(hook_name, activation, position, value)

    return hook_name, patched


def _check(hook_name: str, source: Tensor, activation: Tensor, head: int | None) -> None:
    if source.shape != activation.shape:
        shapes = f"{tuple(source.shape)}, and the model runs with {tuple(activation.shape)}"
        raise UserError(f"the source activations of {hook_name} are {shapes}; both runs must have equally many rows")
    if head is not None and not 0 <= head < head_count(hook_name, activation):
        raise UserError(f"{hook_name} has {head_count(hook_name, activation)} heads, so none numbered {head}; try blocks.0.attn.hook_z")
