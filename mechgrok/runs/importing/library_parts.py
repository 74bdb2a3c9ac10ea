"""Parts of TransformerLens' networks that are written in another way here: shared keys and values, gated neurons, rotary positions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks import rotary
from mechgrok.runs.importing.networks.neurons import BY_MODULE

_SHARED = re.compile(r"(blocks\.\d+\.attn\.)_(W_K|W_V|b_K|b_V)")
_WAVES = re.compile(r"blocks\.\d+\.attn\.rotary_(sin|cos)")
_GATE = re.compile(r"(blocks\.\d+\.mlp\.)W_gate")


def has_rotary(given: Mapping[str, Any]) -> bool:
    """Whether positions are rotary, by the library's buffers."""
    return any(_WAVES.fullmatch(name) for name in given)


def has_gates(given: Mapping[str, Any]) -> bool:
    """Whether the neurons are gated."""
    return any(_GATE.fullmatch(name) for name in given)


def our_name(name: str) -> str:
    """The name of a tensor here: `_W_K`, which the heads of a group share, becomes W_K."""
    match = _SHARED.fullmatch(name)
    return name if match is None else f"{match[1]}{match[2]}"


def converted(given: Mapping[str, Any]) -> dict[str, Any]:
    """A state dict with keys and values for every head, biases of gated neurons behind them, and rotations of halves.

    The library has no b_gate and adds b_in behind the product of both maps, so it becomes b_in W_out, a part of b_out. Raises UserError
    for rotations that are not ours.
    """
    found = {name: _for_each_head(given, name, item) for name, item in given.items()}
    found = {our_name(name): item for name, item in found.items()}
    for match in filter(None, map(_GATE.fullmatch, given)):
        _move_bias(found, match[1])
    if has_rotary(given) and _is_in_pairs(given):
        found |= {name: rotary.in_halves(item) for name, item in found.items() if re.search(r"\.attn\.[Wb]_[QK]$", name)}
    return {name: item for name, item in found.items() if not _WAVES.fullmatch(name)}


def _for_each_head(given: Mapping[str, Any], name: str, item: Any) -> Any:
    """Keys or values of groups of heads (group, ...), repeated for each head (head, ...)."""
    match = _SHARED.fullmatch(name)
    queries = None if match is None else given.get(f"{match[1]}W_Q")
    if not isinstance(item, Tensor) or not isinstance(queries, Tensor) or not item.ndim or not queries.ndim:
        return item
    groups, heads = len(item), len(queries)
    if not groups or heads % groups:
        raise UserError(f"{name} has keys or values of {groups} groups, which {heads} heads cannot share")
    return item.repeat_interleave(heads // groups, 0)


def _move_bias(found: dict[str, Any], mlp: str) -> None:
    b_in, W_out, b_out = (found.get(f"{mlp}{name}") for name in ("b_in", "W_out", "b_out"))
    if f"{mlp}b_gate" in found or not isinstance(b_in, Tensor) or not isinstance(W_out, Tensor) or b_in.shape != W_out.shape[:-1]:
        return
    added = b_in.double() @ W_out.double()
    if b_out is None or (isinstance(b_out, Tensor) and b_out.shape == added.shape):
        found[f"{mlp}b_in"] = torch.zeros_like(b_in)
        found[f"{mlp}b_out"] = (added if b_out is None else b_out.double() + added).to(b_in.dtype)


def base_of(given: Mapping[str, Any]) -> float | None:
    """The base of rotary positions; None for other ones. Raises UserError for frequencies that are not its powers in all of a head."""
    if not has_rotary(given):
        return None
    waves, d_head = _waves(given), _d_head(given)
    base = rotary.base_of_waves(waves)
    rates = base ** (-torch.arange(0, d_head, 2, dtype=torch.float64) / max(d_head, 1))
    expected = rates.repeat_interleave(2) if _is_in_pairs(given) else rates.repeat(2)
    if waves.shape[1:] != expected.shape or not torch.allclose(waves[1].double(), expected.sin(), rtol=1e-4, atol=1e-7):
        raise UserError(f"rotary_sin is not that of rotations of whole heads by one base; {BY_MODULE}")
    return base


def _waves(given: Mapping[str, Any]) -> Tensor:
    """The sines (pos, d_head) of the first block."""
    found = next((item for name, item in given.items() if name.endswith("rotary_sin")), None)
    if not isinstance(found, Tensor) or found.ndim != 2 or len(found) < 2 or not found.shape[1] or not found.is_floating_point():
        raise UserError(f"the rotary positions of the file have no sines (pos, d_head) under rotary_sin; {BY_MODULE}")
    return found


def _d_head(given: Mapping[str, Any]) -> int:
    queries = given.get("blocks.0.attn.W_Q")
    return int(queries.shape[-1]) if isinstance(queries, Tensor) and queries.ndim else 0


def _is_in_pairs(given: Mapping[str, Any]) -> bool:
    """Whether entries 2i and 2i + 1 are rotated together, rather than i and i + d_head / 2."""
    first = _waves(given)[1]
    return len(first) > 2 and bool(first[0] == first[1])
