"""Finds the parts of a transformer in a state dict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks import roles
from mechgrok.runs.importing.networks.attention import find_attention
from mechgrok.runs.importing.networks.blocks import split_blocks
from mechgrok.runs.importing.networks.ends import read_ends
from mechgrok.runs.importing.networks.layers import read_layer
from mechgrok.runs.importing.networks.neurons import BY_MODULE
from mechgrok.runs.importing.networks.rotary import base_of
from mechgrok.runs.importing.networks.transformer import PlainTransformer
from mechgrok.runs.importing.networks.units import Unit, units_of


def recognise_transformer(state: Mapping[str, Tensor]) -> PlainTransformer | None:
    """The transformer of a state dict; None where it has no attention. Raises UserError for one that has no form here."""
    rotary = {name for name in state if roles.is_of_rotary(name)}
    units, lonely = units_of({name: tensor for name, tensor in state.items() if name not in rotary})
    blocks, rest = split_blocks(units)
    if not blocks:
        blocks, rest = _one_block(units)
    if not blocks:
        return None
    _require_weights(lonely)
    d_model = _d_model(blocks[0], rest)
    layers = tuple(read_layer(block, d_model) for block in blocks)
    for layer in layers:
        _require_same_widths(layer.attention.units.values(), d_model)
    ends = read_ends(rest, d_model, state)
    if ends.norm is not None and not layers[0].norms:
        raise UserError(
            f"the network has a norm at its end ({ends.norm.weight}) and none in its blocks, which has no form here; {BY_MODULE}"
        )
    return PlainTransformer(ends, layers, d_model, base_of(state, rotary) if rotary else None)


def _require_weights(lonely: Sequence[str]) -> None:
    if lonely:
        raise UserError(f"{lonely[0]} is a bias without a weight, so its part in the network is not recognised; {BY_MODULE}")


def _d_model(block: Sequence[Unit], rest: Sequence[Unit]) -> int:
    """The length that most axes outside of the blocks share; with one token embedding alone, that which the block has, too."""
    inside = {size for unit in block for size in unit.shape}
    counts = Counter(size for unit in rest for size in set(unit.shape) if size in inside)
    if not counts:
        raise UserError(f"no axis of the embedding is an axis of the blocks, so the parts of the file do not belong together; {BY_MODULE}")
    inner = Counter(size for unit in block for size in set(unit.shape))
    return max(counts, key=lambda size: (counts[size], inner[size]))


def _require_same_widths(units: Iterable[Unit], d_model: int) -> None:
    for unit in units:
        if unit.is_matrix and d_model not in unit.shape:
            raise UserError(f"{unit.weight} has shape {unit.shape}, which has no axis of d_model = {d_model}; {BY_MODULE}")


def _one_block(units: Sequence[Unit]) -> tuple[list[list[Unit]], list[Unit]]:
    """The units of the only block, where names do not number it, and the others."""
    attention = find_attention(units)
    if attention is None:
        return [], []
    taken = set(attention.units.values())
    left = [unit for unit in units if unit not in taken]
    neurons = _pair([unit for unit in left if unit.is_matrix and not _is_end(unit)])
    vectors = [unit for unit in left if unit.is_vector]
    wanted = min(2 if neurons else 1, len(vectors))
    last = [unit for unit in vectors if roles.is_last(unit)][:1] if len(vectors) > wanted else []
    norms = [unit for unit in vectors if unit not in last][:wanted]
    block = [unit for unit in units if unit in taken or unit in neurons or unit in norms]
    return [block], [unit for unit in units if unit not in block]


def _is_end(unit: Unit) -> bool:
    return roles.is_tokens(unit) or roles.is_positions(unit)


def _pair(matrices: Sequence[Unit]) -> list[Unit]:
    """Two neighbours whose shapes are each other's reverse, with a third one of these shapes beside them; empty where there are none."""
    pairs = ([one, two] for one, two in pairwise(matrices) if one.shape == two.shape[::-1])
    found = next(pairs, [])
    return [unit for unit in matrices if found and sorted(unit.shape) == sorted(found[0].shape)] if _is_gated(matrices, found) else found


def _is_gated(matrices: Sequence[Unit], pair: Sequence[Unit]) -> bool:
    return bool(pair) and sum(sorted(unit.shape) == sorted(pair[0].shape) for unit in matrices) == 3
