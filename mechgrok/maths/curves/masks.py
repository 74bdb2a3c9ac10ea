"""Masks of the largest weights, and how much they have in common."""

from __future__ import annotations

import torch
from torch import Tensor


def largest(path: Tensor, keep: float) -> Tensor:
    """The entries with the largest absolute values at each point of a path: the same number everywhere, earlier ones among equals.

    Parameters
    ----------
    path : Tensor (steps, ...)
        A parameter at each step.
    keep : float
        The share of the entries, rounded to a number of at least one.

    Returns
    -------
    Tensor (steps, entries), bool

    Examples
    --------
    >>> largest(torch.tensor([[1.0, -3.0, 2.0, 0.0]]), 0.5).tolist()
    [[False, True, True, False]]
    """
    sizes = path.flatten(1).abs()
    count = max(1, round(keep * sizes.shape[1]))
    chosen = sizes.sort(dim=1, descending=True, stable=True).indices[:, :count]
    return torch.zeros_like(sizes, dtype=torch.bool).scatter_(1, chosen, value=True)


def common(masks: Tensor) -> tuple[Tensor, Tensor]:
    """The number of entries that each mask has in common with the one before, and with the last one.

    Parameters
    ----------
    masks : Tensor (steps, entries), bool

    Returns
    -------
    with_previous : Tensor (steps,), int64
        Of the first mask, all its entries.
    with_last : Tensor (steps,), int64

    Examples
    --------
    >>> [each.tolist() for each in common(torch.tensor([[True, True, False], [True, False, True], [False, True, True]]))]
    [[2, 1, 1], [1, 1, 2]]
    """
    previous = torch.cat([masks[:1], masks[:-1]])
    return (masks & previous).sum(1), (masks & masks[-1]).sum(1)
