"""The blocks of a transformer, by the numbers in the names of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mechgrok.runs.importing.networks.attention import by_shape, find_attention
from mechgrok.runs.importing.networks.units import Unit

Block = list[Unit]
Numbered = dict[int, Block]


def split_blocks(units: Sequence[Unit]) -> tuple[list[Block], list[Unit]]:
    """The units of each block with the path inside it, and those outside of the blocks; no blocks where no numbered part has attention."""
    candidates: dict[tuple[str, ...], Numbered] = {}
    for unit in units:
        for i, part in enumerate(unit.path):
            if part.isdecimal():
                candidates.setdefault(unit.path[:i], {}).setdefault(int(part), []).append(replace(unit, path=unit.path[i + 1 :]))
    blocks = [(len(prefix), numbered) for prefix, numbered in candidates.items() if _are_blocks(numbered)]
    if not blocks:
        ends_beside = ((len(prefix), _with_attention(numbered)) for prefix, numbered in candidates.items())
        blocks = [(length, numbered) for length, numbered in ends_beside if numbered and _are_blocks(numbered)]
    if not blocks:
        return [], list(units)
    chosen = min(blocks, key=lambda each: each[0])[1]
    inside = {unit.weight for block in chosen.values() for unit in block}
    return [chosen[number] for number in sorted(chosen)], [unit for unit in units if unit.weight not in inside]


def _with_attention(numbered: Numbered) -> Numbered:
    """The parts with attention: in one nn.Sequential, the last norm and the unembedding may be numbered like the blocks before them."""
    return {number: block for number, block in numbered.items() if _has_attention(block)}


def _has_attention(block: Block) -> bool:
    return find_attention(block) is not None or by_shape(block) is not None


def _are_blocks(numbered: Numbered) -> bool:
    """Whether each numbered part has attention, and all have the same parameters."""
    shapes = [{unit.path: unit.shape for unit in block} for block in numbered.values()]
    same = all(each == shapes[0] for each in shapes)
    return same and all(map(_has_attention, numbered.values()))
