"""Matrices of the file with axes (in, out)."""

from __future__ import annotations

import math

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks.structure import Reading, State
from mechgrok.runs.importing.networks.units import Unit

MATRICES = "matrices"
"""The option that turns square matrices."""
AS_NAMED, TRANSPOSED = "as named", "transposed"


def affine(state: State, unit: Unit, into: int, reading: Reading) -> tuple[Tensor, Tensor | None]:
    """The matrix of a unit (in, out), `into` being the length of the first axis, and its bias (out,), if there is one.

    Raises UserError where the shapes do not fit.
    """
    if not unit.is_matrix or into not in unit.shape:
        raise UserError(
            f"{unit.weight} has shape {unit.shape}, which is no matrix with an axis of {into}; it does not belong to the others"
        )
    matrix, added = oriented(state, unit, into, reading), bias(state, unit)
    if added is not None and added.shape != matrix.shape[1:]:
        raise UserError(f"{unit.bias} has shape {tuple(added.shape)}, and {unit.weight} {unit.shape}; they do not belong together")
    return matrix, added


def oriented(state: State, unit: Unit, into: int, reading: Reading) -> Tensor:
    """The matrix of a unit as (in, out).

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


def split_last(tensor: Tensor, *lengths: int) -> Tensor:
    """The last axis as several. Raises UserError where it is no multiple of the lengths that are given."""
    known = math.prod(length for length in lengths if length > 0)
    if not known or tensor.shape[-1] % known or (-1 not in lengths and tensor.shape[-1] != known):
        raise UserError(f"an axis of {tensor.shape[-1]} numbers cannot be split into {' times '.join(map(str, lengths))} among the heads")
    return tensor.unflatten(-1, lengths)


def is_square(unit: Unit) -> bool:
    """Whether the shape leaves open which axis comes first."""
    return unit.is_matrix and unit.shape[0] == unit.shape[1]
