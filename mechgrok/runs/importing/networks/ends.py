"""The ends of a network: embeddings of tokens and positions, the last norm, and the unembedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks import roles
from mechgrok.runs.importing.networks.neurons import BY_MODULE
from mechgrok.runs.importing.networks.units import Unit

_SPECIAL = 10
"""The classes of an unembedding are fewer than the tokens by at most so many."""


@dataclass(frozen=True)
class Ends:
    """The units outside of the blocks by their roles."""

    tokens: Unit
    positions: Unit | None
    head: Unit | None
    """None where the file has no unembedding, so that it is the embedding."""
    norm: Unit | None
    tied: bool
    """Whether the matrix of the unembedding is the embedding."""


def read_ends(units: Sequence[Unit], d_model: int, state: Mapping[str, Tensor]) -> Ends:
    """The roles of the units outside of the blocks. Raises UserError where one of them has none."""
    matrices = [unit for unit in units if not unit.is_vector]
    misfit = next((unit for unit in matrices if d_model not in unit.shape), None)
    if misfit is not None:
        raise UserError(f"{misfit.weight} has shape {misfit.shape}, which has no axis of d_model = {d_model}; {BY_MODULE}")
    tokens = _tokens(matrices)
    left = [unit for unit in matrices if unit is not tokens]
    positions = _positions(left, rows_of(tokens, d_model), d_model)
    left = [unit for unit in left if unit is not positions]
    head = next((unit for unit in left if roles.is_head(unit)), left[0] if left else None)
    _require_none([unit for unit in left if unit is not head])
    return Ends(tokens, positions, head, _norm(units), head is None or _is_tied(head, tokens, state))


def rows_of(unit: Unit, d_model: int) -> int:
    """The length of the axis beside d_model."""
    return unit.shape[0] * unit.shape[-1] // d_model if unit.is_matrix else _length(unit.shape, d_model)


def _length(shape: tuple[int, ...], d_model: int) -> int:
    product = 1
    for size in shape:
        product *= size
    return product // d_model


def _tokens(matrices: Sequence[Unit]) -> Unit:
    others = [unit for unit in matrices if unit.is_matrix and not roles.is_positions(unit) and unit.bias is None]
    found = next((unit for unit in others if roles.is_tokens(unit) and "unembed" not in unit.name.lower()), others[0] if others else None)
    if found is None:
        raise UserError(f"the file has no embedding of tokens that is recognised; {BY_MODULE}")
    return found


def _positions(left: Sequence[Unit], tokens: int, d_model: int) -> Unit | None:
    """By its name, else by its shape: a matrix without bias and of fewer rows than an unembedding has."""
    named = next((unit for unit in left if roles.is_positions(unit) and unit.bias is None), None)
    if named is not None:
        return named
    fitting = [unit for unit in left if (unit.bias is None and rows_of(unit, d_model) < tokens - _SPECIAL) or len(unit.shape) == 3]
    spare = [unit for unit in fitting if not roles.is_head(unit) or len(unit.shape) == 3]
    return spare[0] if spare else None


def _is_tied(head: Unit, tokens: Unit, state: Mapping[str, Tensor]) -> bool:
    return head.shape == tokens.shape and torch.equal(state[head.weight], state[tokens.weight])


def _norm(units: Sequence[Unit]) -> Unit | None:
    vectors = [unit for unit in units if unit.is_vector]
    _require_none(vectors[1:])
    if vectors and roles.is_tokens(vectors[0]):
        raise UserError(f"the network normalises its embeddings ({vectors[0].weight}), which has no form here; {BY_MODULE}")
    return vectors[0] if vectors else None


def _require_none(units: Sequence[Unit]) -> None:
    if units:
        names = ", ".join(f"{unit.weight} {unit.shape}" for unit in units)
        raise UserError(f"beside its blocks the file has {names}, whose part in the network is not recognised; {BY_MODULE}")
