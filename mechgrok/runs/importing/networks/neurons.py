"""The MLP of a block: a matrix in and one out, and of a gated one a second matrix in, or both side by side in one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks import roles
from mechgrok.runs.importing.networks.matrices import affine
from mechgrok.runs.importing.networks.structure import Reading, State
from mechgrok.runs.importing.networks.units import Unit

BY_MODULE = "hand the network itself to mechgrok.analyze(model, task=...)"
"""The remedy for networks that are none of our functions."""
GATE = "gate"
"""The option of which map of the input of a gated MLP goes through the activation."""
FIRST, SECOND = "first", "second"


@dataclass(frozen=True)
class Neurons:
    """The units of an MLP by their roles."""

    into: tuple[Unit, ...]
    out: Unit
    side_by_side: bool = False
    """Whether the only matrix in holds both maps of a gated MLP."""

    @property
    def units(self) -> tuple[Unit, ...]:
        return (*self.into, self.out)

    @property
    def gated(self) -> bool:
        return self.side_by_side or len(self.into) == 2

    @property
    def gates(self) -> tuple[str, ...]:
        """The possible values of the option `gate`, the one that names suggest alone where they do."""
        if not self.gated:
            return ()
        named = [roles.is_gate(unit) for unit in self.into]
        return (FIRST,) if len(named) == 2 and named[0] and not named[1] else (FIRST, SECOND)

    def width(self, d_model: int) -> int:
        """The number of neurons."""
        one, other = self.into[0].shape
        return one * other // d_model // (2 if self.side_by_side else 1)

    def names(self) -> Iterator[tuple[str, Unit]]:
        """Every unit with our name; which of two maps is the gate is decided later."""
        ours = ("W_in, W_gate",) if self.side_by_side else ("W_gate", "W_in")[-len(self.into) :]
        yield from zip((f"mlp.{name}" for name in (*ours, "W_out")), self.units, strict=True)

    def weights(self, state: State, reading: Reading, d_model: int) -> dict[str, Tensor]:
        """By our names."""
        maps = [_map(state, unit, d_model, reading) for unit in self.into]
        if self.side_by_side:
            maps = list(zip(*(tensor.chunk(2, -1) for tensor in maps[0]), strict=True))
        names = ["in"] if len(maps) == 1 else ["gate", "in"] if reading[GATE] == FIRST else ["in", "gate"]
        found = dict(zip(names, maps, strict=True)) | {"out": _map(state, self.out, self.width(d_model), reading)}
        return {f"mlp.{kind}_{name}": tensor for name, pair in found.items() for kind, tensor in zip("Wb", pair, strict=True)}


def _map(state: State, unit: Unit, into: int, reading: Reading) -> tuple[Tensor, Tensor]:
    """Matrix (in, out) and bias (out,)."""
    matrix, added = affine(state, unit, into, reading)
    return matrix, matrix.new_zeros(matrix.shape[1]) if added is None else added


def read_neurons(matrices: Sequence[Unit], d_model: int) -> Neurons | None:
    """The MLP among the matrices of a block; None where there are none. Raises UserError for other parts."""
    if not matrices:
        return None
    fitting = all(unit.is_matrix and d_model in unit.shape for unit in matrices)
    found = {2: _pair, 3: _triple}.get(len(matrices), _none)(matrices) if fitting else None
    if found is None:
        names = ", ".join(f"{unit.weight} {unit.shape}" for unit in matrices)
        raise UserError(f"beside its attention a block has {names}, which are no MLP of one layer; {BY_MODULE}")
    return found


def _none(matrices: Sequence[Unit]) -> None:
    return None


def _pair(matrices: Sequence[Unit]) -> Neurons | None:
    """Two matrices of one size, or the first of twice the size of the second."""
    small, large = sorted(matrices, key=lambda unit: unit.shape[0] * unit.shape[1])
    if sorted(small.shape) == sorted(large.shape):
        first, second = matrices
        turned = _comes_second(first) and not _comes_second(second)
        return Neurons((second,), first) if turned else Neurons((first,), second)
    twice = large.shape[0] * large.shape[1] == 2 * small.shape[0] * small.shape[1]
    return Neurons((large,), small, side_by_side=True) if twice else None


def _triple(matrices: Sequence[Unit]) -> Neurons | None:
    """Two matrices in and one out: the one of the reverse shape, else the one so named."""
    if len({tuple(sorted(unit.shape)) for unit in matrices}) > 1:
        return None
    shapes = [unit.shape for unit in matrices]
    alone = [unit for unit in matrices if shapes.count(unit.shape) == 1]
    out = alone[0] if len(alone) == 1 else next((unit for unit in matrices if _comes_second(unit)), matrices[2])
    into = [unit for unit in matrices if unit is not out]
    return Neurons((into[1], into[0]) if roles.is_gate(into[1]) and not roles.is_gate(into[0]) else (into[0], into[1]), out)


def _comes_second(unit: Unit) -> bool:
    return re.fullmatch(r"(.*_)?(down|out|output|contract|c_proj|proj|2|w2|fc2|linear2)(_.*)?", unit.leaf) is not None
