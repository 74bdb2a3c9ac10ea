"""Entropies of counted things, in nats."""

from __future__ import annotations

import torch
from torch import Tensor


def entropy(counts: Tensor) -> Tensor:
    """H = -sum_c q_c log q_c along the last axis, q = counts / sum: (..., classes) -> (...); NaN where nothing was counted."""
    return torch.special.entr(_shares(counts)).sum(-1)


def divergence(counts: Tensor, other: Tensor) -> Tensor:
    """KL(q || q') = sum_c q_c log(q_c / q'_c) along the last axis, without smoothing: (..., classes) twice -> (...).

    Infinite where something was counted that `other` never has; NaN where one of them has counted nothing.
    """
    q, q_other = _shares(counts), _shares(other)
    return (torch.xlogy(q, q) - torch.xlogy(q, q_other)).sum(-1)


def _shares(counts: Tensor) -> Tensor:
    return counts.double() / counts.sum(-1, keepdim=True)
