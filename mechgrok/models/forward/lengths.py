"""Rows of several lengths in one table: each is read where it ends, as if what follows were not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from mechgrok.models.forward.dropout import Masks
    from mechgrok.models.forward.tables import Batch
    from mechgrok.models.network import Network, Weights

PATTERN = "hook_pattern"
"""The activation that has an axis of positions."""


def by_length(tokens: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Where the rows of each length are, and their tokens without the -1 after their end; none where all are full (batch, pos)."""
    lengths = (tokens >= 0).sum(1)
    if bool((lengths == tokens.shape[1]).all()):
        return []
    places = [torch.nonzero(lengths == length)[:, 0] for length in torch.unique(lengths)]
    return [(rows, tokens[rows, : int(lengths[rows[0]])]) for rows in places]


def each(tokens: Tensor, read: Callable[[Tensor], Tensor]) -> Tensor:
    """What `read` makes of tokens (batch, pos), asked for the rows of each length by themselves; in the order of the batch."""
    parts = by_length(tokens)
    return _in_order([rows for rows, _ in parts], [read(part) for _, part in parts]) if parts else read(tokens)


def forward(
    network: Network, weights: Weights, batch: Batch, keep: frozenset[str], masks: Masks | None
) -> tuple[Tensor, dict[str, Tensor]]:
    """A network's logits and activations for a batch of several lengths; nothing is attended to after a row's end."""
    places = [rows for rows, _ in batch.parts]
    passes = [network.forward(weights, part, keep, masks) for _, part in batch.parts]
    kept = {name: [_widened(taken[name], name, batch.length) for _, taken in passes] for name in keep}
    return _in_order(places, [logits for logits, _ in passes]), {name: _in_order(places, taken) for name, taken in kept.items()}


def _widened(activation: Tensor, name: str, length: int) -> Tensor:
    return F.pad(activation, (0, length - activation.shape[-1])) if name.endswith(PATTERN) else activation


def _in_order(places: list[Tensor], parts: list[Tensor]) -> Tensor:
    return torch.cat(parts).index_select(0, torch.cat(places).argsort())
