"""The matrices of queries, keys and values in the forms that people write: fused, three, head by head, or a module for each head."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import prod

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks.matrices import affine, bias, split_last
from mechgrok.runs.importing.networks.structure import Reading, State
from mechgrok.runs.importing.networks.units import Unit

Projection = tuple[Tensor, Tensor | None]
"""A matrix (d_model, head * d_head) and a bias (head * d_head,)."""
FUSED = "fused"
"""The option of the order inside a fused matrix."""
LETTERS = "QKV"
_PERMUTED = ["".join(order).lower() for order in permutations(LETTERS)]
ORDERS = tuple(f"{form} {order}" for order in _PERMUTED for form in ("blocks", "heads", "interleaved"))
"""blocks: all heads of one projection after each other; heads: the three projections of a head after each other; interleaved: those of
each coordinate of a head."""
GROUPED_ORDERS = ("blocks qkv", "groups qkv", *(f"blocks {order}" for order in _PERMUTED[1:]))
"""groups: the queries of the heads of a group, then its key and its value."""


class Projections(ABC):
    """The matrices of queries, keys and values of a block."""

    heads: int | None = None
    """The number of heads where the shapes give it."""

    @abstractmethod
    def units(self) -> Mapping[str, Unit]:
        """Every unit, by what it becomes."""

    @abstractmethod
    def width(self, d_model: int) -> int:
        """Number of heads times width of a head."""

    def shared_width(self, d_model: int) -> int:
        """The same of keys and values, of which heads of a group share one."""
        return self.width(d_model)

    @abstractmethod
    def read(self, state: State, reading: Reading, d_model: int, heads: int) -> dict[str, Projection]:
        """Each projection by its letter."""


@dataclass(frozen=True)
class Fused(Projections):
    """One matrix for all three; that of grouped queries has fewer keys and values."""

    unit: Unit
    output: Unit
    """The matrix behind the heads, whose other axis is the queries'."""

    def units(self) -> Mapping[str, Unit]:
        return {"attn.W_Q, W_K, W_V": self.unit}

    def width(self, d_model: int) -> int:
        return prod(self.output.shape) // d_model

    def shared_width(self, d_model: int) -> int:
        return (prod(self.unit.shape) // d_model - self.width(d_model)) // 2

    def orders(self, d_model: int) -> tuple[str, ...]:
        """The values of the option `fused`; `in_proj_weight` is that of nn.MultiheadAttention."""
        if self.unit.weight.endswith("in_proj_weight"):
            return ORDERS[:1]
        return ORDERS if self.shared_width(d_model) == self.width(d_model) else GROUPED_ORDERS

    def read(self, state: State, reading: Reading, d_model: int, heads: int) -> dict[str, Projection]:
        form, order = str(reading[FUSED]).split()
        widths = [self.width(d_model) if letter == "q" else self.shared_width(d_model) for letter in order]
        matrix, added = affine(state, self.unit, d_model, reading)
        d_head = widths[order.index("q")] // heads
        parts = zip(_apart(matrix, form, heads, widths), [None] * 3 if added is None else _apart(added, form, heads, widths), strict=True)
        found = dict(zip(order.upper(), parts, strict=True))
        return {name: _repeated(projection, heads, d_head) for name, projection in found.items()}


def _apart(fused: Tensor, form: str, heads: int, widths: Sequence[int]) -> Sequence[Tensor]:
    """The three parts of the last axis, of the given widths, in the order in which they lie."""
    if fused.shape[-1] != sum(widths):
        raise UserError(f"a fused matrix of {fused.shape[-1]} rows does not hold projections of widths {', '.join(map(str, widths))}")
    if form == "blocks":
        return fused.split(list(widths), -1)
    if form == "interleaved":
        return [part.transpose(-1, -2).flatten(-2) for part in split_last(fused, -1, 3, heads).unbind(-2)]
    groups = heads * min(widths) // max(widths)
    if not groups or any(width % groups for width in widths):
        raise UserError(f"{heads} heads cannot share keys and values of width {min(widths)}")
    split = split_last(fused, groups, -1).split([width // groups for width in widths], -1)
    return [part.flatten(-2) for part in split]


def _repeated(projection: Projection, heads: int, d_head: int) -> Projection:
    """A projection with that of a group repeated for each of its heads."""
    matrix, added = projection
    return _shared(matrix, heads, d_head), None if added is None else _shared(added, heads, d_head)


@dataclass(frozen=True)
class Separate(Projections):
    """A matrix for each."""

    by_letter: Mapping[str, Unit]

    def units(self) -> Mapping[str, Unit]:
        return {f"attn.W_{name}": unit for name, unit in self.by_letter.items()}

    def width(self, d_model: int) -> int:
        return prod(self.by_letter["Q"].shape) // d_model

    def shared_width(self, d_model: int) -> int:
        return prod(self.by_letter["K"].shape) // d_model

    def read(self, state: State, reading: Reading, d_model: int, heads: int) -> dict[str, Projection]:
        d_head = self.width(d_model) // heads
        found = {name: affine(state, unit, d_model, reading) for name, unit in self.by_letter.items()}
        return {name: _repeated(projection, heads, d_head) for name, projection in found.items()}


def _shared(projection: Tensor, heads: int, d_head: int) -> Tensor:
    """Keys or values of groups of heads (..., group * d_head), repeated for each head of a group (grouped-query attention)."""
    groups = projection.shape[-1] // max(d_head, 1)
    if groups == heads:
        return projection
    if not groups or heads % groups or projection.shape[-1] != groups * d_head:
        raise UserError(f"{heads} heads of width {d_head} cannot share keys or values of width {projection.shape[-1]}")
    return projection.unflatten(-1, (groups, d_head)).repeat_interleave(heads // groups, -2).flatten(-2)


@dataclass(frozen=True)
class ByHead(Projections):
    """Parameters with an axis of heads: (head, d_model, d_head), or with the last two the other way round, or (d_model, head, d_head)."""

    by_letter: Mapping[str, Unit]
    axis: int = 0
    """Of the heads."""

    @property
    def heads(self) -> int:  # type: ignore[override]
        return self.by_letter["Q"].shape[self.axis]

    def units(self) -> Mapping[str, Unit]:
        return {f"attn.W_{name}": unit for name, unit in self.by_letter.items()}

    def width(self, d_model: int) -> int:
        return prod(self.by_letter["Q"].shape) // d_model

    def read(self, state: State, reading: Reading, d_model: int, heads: int) -> dict[str, Projection]:
        return {name: (_joined(state, unit, d_model, self.axis), _flat(bias(state, unit))) for name, unit in self.by_letter.items()}


def _joined(state: State, unit: Unit, d_model: int, axis: int) -> Tensor:
    """(head, d_model, d_head) or (head, d_head, d_model), or with the heads at another axis -> (d_model, head * d_head).

    Raises UserError for other shapes.
    """
    if len(unit.shape) != 3 or d_model not in unit.shape[:axis] + unit.shape[axis + 1 :]:
        raise UserError(f"{unit.weight} has shape {unit.shape} where (head, {d_model}, d_head) is needed; it does not belong to the others")
    matrices = state[unit.weight].movedim(axis, 0)
    matrices = matrices if matrices.shape[1] == d_model else matrices.transpose(1, 2)
    return matrices.transpose(0, 1).flatten(1)


def _flat(added: Tensor | None) -> Tensor | None:
    return None if added is None else added.flatten()


@dataclass(frozen=True)
class Listed(Projections):
    """A module for each head, with three small matrices."""

    by_head: tuple[Mapping[str, Unit], ...]

    @property
    def heads(self) -> int:  # type: ignore[override]
        return len(self.by_head)

    def units(self) -> Mapping[str, Unit]:
        return {f"attn.W_{name} of head {i}": unit for i, each in enumerate(self.by_head) for name, unit in each.items()}

    def width(self, d_model: int) -> int:
        shape = self.by_head[0]["Q"].shape
        return len(self.by_head) * shape[0] * shape[1] // d_model

    def read(self, state: State, reading: Reading, d_model: int, heads: int) -> dict[str, Projection]:
        return {name: self._together([each[name] for each in self.by_head], state, reading, d_model) for name in LETTERS}

    def _together(self, units: Sequence[Unit], state: State, reading: Reading, d_model: int) -> Projection:
        matrices, biases = zip(*(affine(state, unit, d_model, reading) for unit in units), strict=True)
        added = [each for each in biases if each is not None]
        return torch.cat(matrices, 1), torch.cat(added) if added else None
