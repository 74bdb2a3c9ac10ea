"""Where in an activation a hook reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError

Hook = tuple[str, Callable[[Tensor, Any], Tensor]]
"""The name of a hook point, and what becomes of its activation: a pair for `fwd_hooks`."""

_BY_QUERY = ("hook_pattern", "hook_attn_scores")
"""Hook points of shape (batch, head, pos of the query, pos of the key); all others are (batch, pos, ...)."""


def at_position(hook_name: str, activation: Tensor, position: int) -> Tensor:
    """A view of an activation at one position: (batch, ...). Raises UserError where there is no such position."""
    axis = 2 if hook_name.endswith(_BY_QUERY) else 1
    length = activation.shape[axis]
    if not -length <= position < length:
        raise UserError(f"{hook_name} has {length} positions, so none numbered {position}; give -1 for the last one")
    return activation.select(axis, position)


def with_value_at(hook_name: str, activation: Tensor, position: int, value: Tensor) -> Tensor:
    """A copy of an activation with another value (batch, ...) at one position."""
    changed = activation.clone()
    at_position(hook_name, changed, position)[:] = value.to(changed.dtype)
    return changed


def head_count(hook_name: str, activation: Tensor) -> int:
    """How many heads an activation has an entry for; 0 where it is of the residual stream or the neurons."""
    return activation.shape[1 if hook_name.endswith(_BY_QUERY) else 2] if activation.ndim == 4 else 0
