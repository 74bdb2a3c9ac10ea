"""Divergences between the predictions of rows that have the same answer."""

from __future__ import annotations

import torch
from torch import Tensor


def swapped(log_probabilities: Tensor) -> tuple[float, float]:
    """Mean of KL(P(a, b) || P(b, a)) over the ordered pairs a != b, and the share of them whose most probable classes differ.

    Parameters
    ----------
    log_probabilities : Tensor (p, p, classes)
        log P of each pair.

    Returns
    -------
    divergence : float
        Nats.
    differ : float

    Examples
    --------
    >>> table = torch.tensor([[[0.5, 0.5], [0.8, 0.2]], [[0.2, 0.8], [0.5, 0.5]]], dtype=torch.float64).log()
    >>> round(swapped(table)[0], 6), swapped(table)[1]
    (0.831777, 1.0)
    """
    p = len(log_probabilities)
    other = log_probabilities.transpose(0, 1)
    divergences = (log_probabilities.exp() * (log_probabilities - other)).sum(2)
    best = log_probabilities.argmax(2)
    pairs = p * (p - 1)
    return float(divergences.sum() / pairs), float((best != best.T).double().sum() / pairs)


def within_classes(log_probabilities: Tensor, classes: Tensor) -> tuple[float, float]:
    """Mean of KL(P_i || P_j) over the ordered pairs of different rows of one class, and the share of them whose predictions differ.

    sum over i, j of KL = sum over c of (n sum_i P_i log P_i - (sum_i P_i) (sum_j log P_j)), so that the time grows with the rows.

    Parameters
    ----------
    log_probabilities : Tensor (n, p)
        log P of each row.
    classes : Tensor (n,), int64
        From 0 on; a class of one row has no pairs.

    Returns
    -------
    divergence : float
        Nats; NaN where no class has two rows.
    differ : float

    Examples
    --------
    >>> rows = torch.tensor([[0.8, 0.2], [0.2, 0.8], [0.5, 0.5]], dtype=torch.float64).log()
    >>> round(within_classes(rows, torch.tensor([0, 0, 1]))[0], 6)
    0.831777
    """
    counts = torch.bincount(classes).double()
    pairs = float((counts * (counts - 1)).sum())
    if not pairs:
        return float("nan"), float("nan")
    P = log_probabilities.exp()
    negative_entropy, means, log_means = (_sums(each, classes, len(counts)) for each in (P * log_probabilities, P, log_probabilities))
    divergence = (counts[:, None] * negative_entropy - means * log_means).sum()
    predicted = _sums(torch.nn.functional.one_hot(log_probabilities.argmax(1), log_probabilities.shape[1]).double(), classes, len(counts))
    same = (predicted * (predicted - 1)).sum()
    return max(float(divergence), 0.0) / pairs, float(1 - same / pairs)


def _sums(values: Tensor, classes: Tensor, count: int) -> Tensor:
    """Sums over the rows of each class (classes, p)."""
    return values.new_zeros(count, values.shape[1]).index_add_(0, classes, values)
