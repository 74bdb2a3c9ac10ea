"""What happens to the activations that a forward pass names on its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

Note = Callable[[str, Tensor], Tensor]
"""Given the name of an activation and its value; what it gives back is gone on with."""


def unseen(name: str, value: Tensor) -> Tensor:
    """Keeps nothing and changes nothing."""
    return value


@dataclass(frozen=True)
class Kept:
    """Keeps the activations asked for, at the position that is read: the last of `length` (registers come after it)."""

    keep: frozenset[str]
    length: int
    taken: dict[str, Tensor] = field(default_factory=dict)

    def __call__(self, name: str, value: Tensor) -> Tensor:
        if name in self.keep:
            axis = 2 if name.endswith("hook_pattern") else 1
            self.taken[name] = value.select(axis, min(self.length, value.shape[axis]) - 1)
        return value
