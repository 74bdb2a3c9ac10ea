"""A block: its attention, its MLP, and its norms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks.attention import Attention, by_shape, find_attention
from mechgrok.runs.importing.networks.neurons import BY_MODULE, Neurons, read_neurons
from mechgrok.runs.importing.networks.units import Unit


@dataclass(frozen=True)
class Layer:
    """The units of a block by their roles."""

    attention: Attention
    neurons: Neurons | None
    norms: tuple[Unit, ...]
    """That of the attention, then that of the neurons; none where the block has no norm with weights."""


def read_layer(units: Sequence[Unit], d_model: int) -> Layer:
    """The parts of a block. Raises UserError for one that is none of our functions."""
    attention = find_attention(units) or by_shape(units)
    if attention is None:
        raise UserError("a block of the file has no attention that is recognised")
    taken = set(attention.units.values())
    left = [unit for unit in units if unit not in taken]
    neurons = read_neurons([unit for unit in left if not unit.is_vector], d_model)
    return Layer(attention, neurons, _norms([unit for unit in left if unit.is_vector], neurons is not None))


def _norms(vectors: Sequence[Unit], has_neurons: bool) -> tuple[Unit, ...]:
    wanted = 2 if has_neurons else 1
    if len(vectors) not in (0, wanted):
        names = ", ".join(unit.weight for unit in vectors)
        raise UserError(f"a block has {len(vectors)} norms or vectors ({names}) where {wanted} or none are expected; {BY_MODULE}")
    if len(vectors) == 2 and _of_neurons(vectors[0]) and not _of_neurons(vectors[1]):
        return vectors[1], vectors[0]
    return tuple(vectors)


def _of_neurons(unit: Unit) -> bool:
    return re.search(r"2|mlp|ff|feed|post|second", "_".join(unit.path).lower()) is not None
