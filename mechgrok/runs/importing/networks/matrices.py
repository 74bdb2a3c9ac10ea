"""Matrices of the file with axes (in, out)."""

from __future__ import annotations

from torch import Tensor

from mechgrok.runs.importing.networks.structure import Reading, State
from mechgrok.runs.importing.networks.units import Unit

MATRICES = "matrices"
"""The option that turns square matrices."""
AS_NAMED, TRANSPOSED = "as named", "transposed"


def oriented(state: State, unit: Unit, into: int, reading: Reading) -> Tensor:
    """The matrix of a unit as (in, out), `into` being the length of the first.

    A square one is turned by its name: nn.Linear has (out, in).
    """
    matrix = state[unit.weight]
    if matrix.shape[0] == matrix.shape[1]:
        turned = unit.is_linear != (reading.get(MATRICES) == TRANSPOSED)
        return matrix.T if turned else matrix
    return matrix if matrix.shape[0] == into else matrix.T


def bias(state: State, unit: Unit) -> Tensor | None:
    """The bias of a unit; None where it has none."""
    return None if unit.bias is None else state[unit.bias]


def is_square(unit: Unit) -> bool:
    """Whether the shape leaves open which axis comes first."""
    return unit.is_matrix and unit.shape[0] == unit.shape[1]
