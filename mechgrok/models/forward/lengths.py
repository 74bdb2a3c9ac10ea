"""Rows of several lengths in one table: each is read at its last token, as if the columns after it did not exist."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

PATTERN = "hook_pattern"
"""The activation that has an axis of positions."""


def by_length(tokens: Tensor) -> list[tuple[Tensor, Tensor]]:
    """For each length of row, the indices of its rows and their tokens without the -1 after the end; empty where all rows are full.

    tokens (batch, pos).
    """
    lengths = (tokens >= 0).sum(1)
    if bool((lengths == tokens.shape[1]).all()):
        return []
    places = [torch.nonzero(lengths == length)[:, 0] for length in torch.unique(lengths)]
    return [(rows, tokens[rows, : int(lengths[rows[0]])]) for rows in places]


def each(tokens: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """A function of tokens (batch, pos), applied to the rows of each length separately; the results in the order of the batch."""
    parts = by_length(tokens)
    return in_order([rows for rows, _ in parts], [function(part) for _, part in parts]) if parts else function(tokens)


def padded(activation: Tensor, name: str, length: int) -> Tensor:
    """An activation with zeros for the positions up to `length`, where it has an axis of positions."""
    return F.pad(activation, (0, length - activation.shape[-1])) if name.endswith(PATTERN) else activation


def in_order(places: list[Tensor], parts: list[Tensor]) -> Tensor:
    """The rows of all parts in the order of the batch, given the indices of each part's rows."""
    return torch.cat(parts).index_select(0, torch.cat(places).argsort())
