"""The attention of a block in the forms that people write: fused, in three matrices, or head by head."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks import roles
from mechgrok.runs.importing.networks.matrices import affine, bias, is_square, split_last
from mechgrok.runs.importing.networks.structure import Reading, State
from mechgrok.runs.importing.networks.units import Unit

Projection = tuple[Tensor, Tensor | None]
"""A matrix (d_model, head * d_head) and a bias (head * d_head,)."""
FUSED = "fused"
"""The option of the order inside a fused matrix."""
LETTERS = "QKV"
ORDERS = tuple(f"{form} {''.join(order).lower()}" for order in permutations(LETTERS) for form in ("blocks", "heads", "interleaved"))
"""blocks: all heads of one projection after each other; heads: the three projections of a head after each other; interleaved: those of
each coordinate of a head."""


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

    @abstractmethod
    def read(self, state: State, reading: Reading, d_model: int, heads: int) -> dict[str, Projection]:
        """Each projection by its letter."""


@dataclass(frozen=True)
class Fused(Projections):
    """One matrix for all three."""

    unit: Unit

    def units(self) -> Mapping[str, Unit]:
        return {"attn.W_Q, W_K, W_V": self.unit}

    def width(self, d_model: int) -> int:
        return (self.unit.shape[0] * self.unit.shape[1]) // d_model // 3

    def read(self, state: State, reading: Reading, d_model: int, heads: int) -> dict[str, Projection]:
        form, order = str(reading[FUSED]).split()
        matrix, added = affine(state, self.unit, d_model, reading)
        parts = zip(_apart(matrix, form, heads), [None] * 3 if added is None else _apart(added, form, heads), strict=True)
        return dict(zip(order.upper(), parts, strict=True))


def _apart(fused: Tensor, form: str, heads: int) -> Sequence[Tensor]:
    """The three parts (..., head * d_head) of the last axis, in the order in which they lie."""
    width = fused.shape[-1] // 3
    sizes = {"blocks": (3, heads, width // heads), "heads": (heads, 3, width // heads), "interleaved": (width // heads, 3, heads)}
    split = split_last(fused, *sizes[form])
    if form == "interleaved":
        split = split.transpose(-1, -3)
    by_part = split if form == "blocks" else split.transpose(-2, -3)
    return [part.flatten(-2) for part in by_part.unbind(-3)]


@dataclass(frozen=True)
class Separate(Projections):
    """A matrix for each."""

    by_letter: Mapping[str, Unit]

    def units(self) -> Mapping[str, Unit]:
        return {f"attn.W_{name}": unit for name, unit in self.by_letter.items()}

    def width(self, d_model: int) -> int:
        shape = self.by_letter["Q"].shape
        return shape[0] * shape[1] // d_model

    def read(self, state: State, reading: Reading, d_model: int, heads: int) -> dict[str, Projection]:
        d_head = self.width(d_model) // heads
        found = {name: affine(state, unit, d_model, reading) for name, unit in self.by_letter.items()}
        return {name: (_shared(W, heads, d_head), None if b is None else _shared(b, heads, d_head)) for name, (W, b) in found.items()}


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
    """Parameters with an axis of heads: (head, d_model, d_head), or with the last two the other way round."""

    by_letter: Mapping[str, Unit]

    @property
    def heads(self) -> int:  # type: ignore[override]
        return self.by_letter["Q"].shape[0]

    def units(self) -> Mapping[str, Unit]:
        return {f"attn.W_{name}": unit for name, unit in self.by_letter.items()}

    def width(self, d_model: int) -> int:
        heads, one, other = self.by_letter["Q"].shape
        return heads * one * other // d_model

    def read(self, state: State, reading: Reading, d_model: int, heads: int) -> dict[str, Projection]:
        return {name: (_joined(state, unit, d_model), _flat(bias(state, unit))) for name, unit in self.by_letter.items()}


def _joined(state: State, unit: Unit, d_model: int) -> Tensor:
    """(head, d_model, d_head) or (head, d_head, d_model) -> (d_model, head * d_head). Raises UserError for other shapes."""
    if len(unit.shape) != 3 or d_model not in unit.shape[1:]:
        raise UserError(f"{unit.weight} has shape {unit.shape} where (head, {d_model}, d_head) is needed; it does not belong to the others")
    matrices = state[unit.weight]
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


@dataclass(frozen=True)
class Attention:
    """The projections of a block, and the matrix behind its heads."""

    projections: Projections
    output: Unit

    @property
    def units(self) -> Mapping[str, Unit]:
        return {**self.projections.units(), "attn.W_O": self.output}

    def weights(self, state: State, reading: Reading, d_model: int, heads: int) -> dict[str, Tensor]:
        """By our names below `attn`."""
        read = self.projections.read(state, reading, d_model, heads)
        found: dict[str, Tensor] = {}
        for name, (matrix, added) in read.items():
            found[f"W_{name}"] = split_last(matrix, heads, -1).transpose(0, 1)
            found[f"b_{name}"] = split_last(matrix.new_zeros(matrix.shape[1]) if added is None else added, heads, -1)
        out, added = self._output(state, reading, d_model)
        by_head = split_last(out.T, heads, -1).permute(1, 2, 0)
        return found | {"W_O": by_head, "b_O": out.new_zeros(d_model) if added is None else added}

    def _output(self, state: State, reading: Reading, d_model: int) -> Projection:
        """The matrix behind the heads (head * d_head, d_model) and its bias."""
        width = self.projections.width(d_model)
        if len(self.output.shape) != 3:
            return affine(state, self.output, width, reading)
        if math.prod(self.output.shape) != width * d_model:
            raise UserError(f"{self.output.weight} has shape {self.output.shape}, which is not (head, d_head, {d_model}) of width {width}")
        return state[self.output.weight].reshape(width, d_model), bias(state, self.output)


def find_attention(units: Sequence[Unit]) -> Attention | None:
    """The attention among the units of a block, by names; None where there is none."""
    projections = _projections(units)
    if projections is None:
        return None
    taken = set(projections.units().values())
    left = [unit for unit in units if unit not in taken and len(unit.shape) > 1]
    inside = [unit for unit in left if roles.in_attention(unit)]
    named = [unit for unit in inside or left if roles.is_output(unit)]
    found = named or inside or left
    return Attention(projections, found[0]) if found else None


def _projections(units: Sequence[Unit]) -> Projections | None:
    lettered = [(name, unit) for unit in units if len(unit.shape) > 1 and (name := roles.letter(unit))]
    if {name for name, _ in lettered} == set(LETTERS):
        return _of_letters(lettered)
    fused = [unit for unit in units if unit.is_matrix and not is_square(unit) and roles.is_fused(unit) and max(unit.shape) % 3 == 0]
    return Fused(fused[0]) if fused else None


def _of_letters(lettered: Sequence[tuple[str, Unit]]) -> Projections | None:
    if len(lettered) == len(LETTERS):
        units = dict(lettered)
        return ByHead(units) if len(units["Q"].shape) == 3 else Separate(units)
    by_head: dict[tuple[str, ...], dict[str, Unit]] = {}
    for name, unit in lettered:
        head = tuple(part for part in unit.path if part.isdecimal())
        by_head.setdefault(head, {})[name] = unit
    return Listed(tuple(by_head.values())) if all(len(each) == len(LETTERS) for each in by_head.values()) else None


def by_shape(units: Sequence[Unit]) -> Attention | None:
    """The attention of a block whose names are none of those known: four square matrices in the order q, k, v, o, or a fused one and a
    square one. None where the shapes do not fit."""
    matrices = [unit for unit in units if unit.is_matrix]
    squares = [unit for unit in matrices if is_square(unit)]
    fused = [unit for unit in matrices if max(unit.shape) == 3 * min(unit.shape)]
    if len(squares) >= 4:
        return Attention(Separate(dict(zip(LETTERS, squares, strict=False))), squares[3])
    if squares and fused:
        return Attention(Fused(fused[0]), squares[0])
    return None
