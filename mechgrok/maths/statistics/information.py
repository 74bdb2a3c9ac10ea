"""Entropies of counts, in nats."""

from __future__ import annotations

import torch
from torch import Tensor


def entropy(counts: Tensor) -> Tensor:
    """H = -sum_c q_c log q_c along the last axis, q = counts / sum.

    Parameters
    ----------
    counts : Tensor (..., classes)

    Returns
    -------
    Tensor (...)
        Nats, float64; NaN where the counts are all zero.

    Examples
    --------
    >>> entropy(torch.tensor([[2, 2], [4, 0]])).round(decimals=6).tolist()
    [0.693147, 0.0]
    """
    return torch.special.entr(_shares(counts)).sum(-1)


def divergence(counts: Tensor, other: Tensor) -> Tensor:
    """KL(q || q') = sum_c q_c log(q_c / q'_c) along the last axis, without smoothing.

    Parameters
    ----------
    counts : Tensor (..., classes)
        q = counts / sum.
    other : Tensor (..., classes)
        q' = other / sum.

    Returns
    -------
    Tensor (...)
        Nats, float64. Infinite where a class has counts but none in `other`; NaN where the counts of one of them are all zero.

    Examples
    --------
    q = (1, 0) and q' = (1/2, 1/2): log 2.

    >>> divergence(torch.tensor([4, 0]), torch.tensor([3, 3])).round(decimals=6).item()
    0.693147
    """
    q, q_other = _shares(counts), _shares(other)
    return (torch.xlogy(q, q) - torch.xlogy(q, q_other)).sum(-1)


def _shares(counts: Tensor) -> Tensor:
    return counts.double() / counts.sum(-1, keepdim=True)
