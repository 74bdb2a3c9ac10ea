"""Units switched off, or held at their mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.interventions.hook_points import Hook, at_position, with_value_at


def ablate_neurons(hook_name: str, neurons: Sequence[int], position: int = -1) -> Hook:
    """Sets neurons (indices into the last axis) to zero at a position, such as `blocks.0.mlp.hook_post`."""

    def ablated(activation: Tensor, hook: Any) -> Tensor:
        _check_units(hook_name, neurons, activation)
        value = at_position(hook_name, activation, position).clone()
        value[..., list(neurons)] = 0
        return with_value_at(hook_name, activation, position, value)

    return hook_name, ablated


def mean_ablate(hook_name: str, units: Sequence[int] | None = None, position: int = -1) -> Hook:
    """Puts the mean over the batch in place of an activation at a position; with `units`, only of these indices into the last axis."""

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
