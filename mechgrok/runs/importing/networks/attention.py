"""The attention of a block in the forms that people write: fused, in three matrices, or head by head."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks import roles
from mechgrok.runs.importing.networks.matrices import affine, bias, is_square, split_last
from mechgrok.runs.importing.networks.projections import LETTERS, ByHead, Fused, Listed, Projection, Projections, Separate
from mechgrok.runs.importing.networks.structure import Reading, State
from mechgrok.runs.importing.networks.units import Unit


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
    lettered = [(name, unit) for unit in units if len(unit.shape) > 1 and (name := roles.letter(unit))]
    if {name for name, _ in lettered} == set(LETTERS):
        output = _output(units, {unit for _, unit in lettered})
        projections = None if output is None else _of_letters(lettered, output)
        return Attention(projections, output) if projections and output else None
    fused = next((unit for unit in units if unit.is_matrix and not is_square(unit) and roles.is_fused(unit)), None)
    output = None if fused is None else _output(units, {fused})
    return Attention(Fused(fused, output), output) if fused and output and _holds_three(fused, output) else None


def _output(units: Sequence[Unit], projections: Collection[Unit]) -> Unit | None:
    """The matrix behind the heads."""
    left = [unit for unit in units if unit not in projections and len(unit.shape) > 1]
    inside = [unit for unit in left if roles.in_attention(unit)]
    named = [unit for unit in inside or left if roles.is_output(unit)]
    return next(iter(named or inside or left), None)


def _holds_three(fused: Unit, output: Unit) -> bool:
    """Whether a matrix has the rows of as many queries as the output has columns, and of keys and values."""
    rows = {math.prod(fused.shape) // d_model: math.prod(output.shape) // d_model for d_model in {*fused.shape} & {*output.shape}}
    return any(_fits(all_rows - queries, queries) for all_rows, queries in rows.items())


def _fits(shared: int, queries: int) -> bool:
    """Whether so many rows are those of keys and values, which heads or groups of heads have."""
    return shared > 0 and shared % 2 == 0 and queries % (shared // 2) == 0


def _of_letters(lettered: Sequence[tuple[str, Unit]], output: Unit) -> Projections | None:
    if len(lettered) == len(LETTERS):
        units = dict(lettered)
        return ByHead(units, _axis_of_heads(units["Q"], output)) if len(units["Q"].shape) == 3 else Separate(units)
    by_head: dict[tuple[str, ...], dict[str, Unit]] = {}
    for name, unit in lettered:
        head = tuple(part for part in unit.path if part.isdecimal())
        by_head.setdefault(head, {})[name] = unit
    return Listed(tuple(by_head.values())) if all(len(each) == len(LETTERS) for each in by_head.values()) else None


def _axis_of_heads(queries: Unit, output: Unit) -> int:
    """1 where queries are (d_model, head, d_head) and the output (head, d_head, d_model), as flax has them; else 0."""
    return int(len(output.shape) == 3 and queries.shape == (output.shape[2], *output.shape[:2]))


def by_shape(units: Sequence[Unit]) -> Attention | None:
    """The attention of a block whose names are none of those known: four square matrices in the order q, k, v, o, or a fused one and a
    square one. None where the shapes do not fit."""
    matrices = [unit for unit in units if unit.is_matrix]
    squares = [unit for unit in matrices if is_square(unit)]
    fused = [unit for unit in matrices if max(unit.shape) == 3 * min(unit.shape)]
    if len(squares) >= 4:
        return Attention(Separate(dict(zip(LETTERS, squares, strict=False))), squares[3])
    if squares and fused:
        return Attention(Fused(fused[0], squares[0]), squares[0])
    return None
