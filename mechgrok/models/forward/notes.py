"""The activations that a forward pass names, and which of them are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

Note = Callable[[str, Tensor], Tensor]
"""From the name and the value of an activation to the value that the forward pass goes on with."""
Pick = Callable[[str, Tensor], Tensor]
"""From the name and the value of an activation to its part at the read position (batch, ...)."""


def unseen(name: str, value: Tensor) -> Tensor:
    """The note that keeps nothing and changes nothing."""
    return value


@dataclass(frozen=True)
class Kept:
    """The note that keeps the activations of some names at the read position, and changes nothing."""

    keep: frozenset[str]
    pick: Pick
    _kept: dict[str, Tensor] = field(default_factory=dict)

    def __call__(self, name: str, value: Tensor) -> Tensor:
        if name in self.keep:
            self._kept[name] = self.pick(name, value)
        return value

    def activations(self) -> dict[str, Tensor]:
        """The kept activations by name; raises KeyError for a name that the forward pass did not have."""
        return {name: self._kept[name] for name in self.keep}


def at_position(length: int) -> Pick:
    """The last of `length` positions of activations (batch, pos, ...), patterns and scores (batch, head, pos, ...), before registers."""

    def pick(name: str, value: Tensor) -> Tensor:
        axis = 2 if name.endswith(("hook_pattern", "hook_attn_scores")) else 1
        return value.select(axis, min(length, value.shape[axis]) - 1)

    return pick


def last_rows(size: int) -> Pick:
    """The last `size` rows of activations whose rows of the read position come last (rows, ...)."""
    return lambda name, value: value[-size:]
