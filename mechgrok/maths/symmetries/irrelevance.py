"""How much a quantity depends on which of the rows with the same answer it is computed for."""

from __future__ import annotations

import torch
from torch import Tensor


def mean_spread_within(values: Tensor, groups: Tensor) -> float:
    """Mean over the groups of the standard deviation within, over that of all values; population standard deviations.

    Parameters
    ----------
    values : Tensor (n,)
        Float64.
    groups : Tensor (n,)
        Numbered from 0, each with a row.

    Returns
    -------
    float
        NaN where all values are the same.

    Examples
    --------
    Deviations 1 and 0 within, and sqrt(2) in all.

    >>> values = torch.tensor([0.0, 2.0, 3.0, 3.0], dtype=torch.float64)
    >>> round(mean_spread_within(values, torch.tensor([0, 0, 1, 1])) * 1.5**0.5, 9)
    0.5
    """
    counts = torch.bincount(groups).double()
    sums = torch.zeros_like(counts).index_add_(0, groups, values)
    residuals = values - (sums / counts)[groups]
    within = (torch.zeros_like(counts).index_add_(0, groups, residuals.square()) / counts).sqrt()
    total = values.std(correction=0)
    return float(within.mean() / total) if total > 1e-12 * values.abs().max() else float("nan")


def top_wrong(logits: Tensor, labels: Tensor) -> Tensor:
    """The largest logit of each row among the classes other than its label.

    Parameters
    ----------
    logits : Tensor (n, p)
    labels : Tensor (n,)

    Returns
    -------
    Tensor (n,)

    Examples
    --------
    >>> top_wrong(torch.tensor([[5.0, 1.0, 2.0]]), torch.tensor([0])).tolist()
    [2.0]
    """
    return logits.scatter(1, labels[:, None], -torch.inf).amax(1)
