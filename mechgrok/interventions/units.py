"""Units switched off, or held at their mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.interventions.hook_points import Hook, at_position, with_value_at


def ablate_neurons(hook_name: str, neurons: Sequence[int], position: int = -1) -> Hook:
    """Sets neurons to zero at a position.

    Parameters
    ----------
    hook_name : str
        Such as "blocks.0.mlp.hook_post".
    neurons : sequence of int
        Indices into the last axis.
    position : int
        By default the last.

    Returns
    -------
    (str, callable)
        A pair for `fwd_hooks`.

    Examples
    --------
    >>> name, hook = ablate_neurons("blocks.0.mlp.hook_post", [1])
    >>> hook(torch.ones(1, 2, 3), None)[0].tolist()
    [[1.0, 1.0, 1.0], [1.0, 0.0, 1.0]]
    """

    def ablated(activation: Tensor, hook: Any) -> Tensor:
        _check_units(hook_name, neurons, activation)
        value = at_position(hook_name, activation, position).clone()
        value[..., list(neurons)] = 0
        return with_value_at(hook_name, activation, position, value)

    return hook_name, ablated


def mean_ablate(hook_name: str, units: Sequence[int] | None = None, position: int = -1) -> Hook:
    """Replaces an activation at a position by its mean over the batch.

    Parameters
    ----------
    hook_name : str
    units : sequence of int, optional
        Indices into the last axis; by default all.
    position : int
        By default the last.

    Returns
    -------
    (str, callable)
        A pair for `fwd_hooks`.

    Examples
    --------
    >>> name, hook = mean_ablate("blocks.0.mlp.hook_post")
    >>> hook(torch.tensor([[[1.0]], [[3.0]]]), None).flatten().tolist()
    [2.0, 2.0]
    """

    def ablated(activation: Tensor, hook: Any) -> Tensor:
        chosen = range(activation.shape[-1]) if units is None else units
        _check_units(hook_name, chosen, activation)
        value = at_position(hook_name, activation, position).clone()
        value[..., list(chosen)] = value.mean(0)[..., list(chosen)]
        return with_value_at(hook_name, activation, position, value)

    return hook_name, ablated


def _check_units(hook_name: str, units: Sequence[int], activation: Tensor) -> None:
    width = activation.shape[-1]
    outside = [unit for unit in units if not 0 <= unit < width]
    if outside:
        raise UserError(f"{hook_name} has {width} units, so none numbered {outside[0]}; use 0 to {width - 1}")
