"""How much a quantity of every row depends on which of the rows with the same answer it is."""

from __future__ import annotations

import torch
from torch import Tensor


def mean_spread_within(values: Tensor, groups: Tensor) -> float:
    """Mean over the groups of the standard deviation within, over that of all values; population standard deviations.

    values (n,), groups (n,) numbered from 0, each with a row. NaN where all values are the same.
    """
    counts = torch.bincount(groups).double()
    sums = torch.zeros_like(counts).index_add_(0, groups, values)
    residuals = values - (sums / counts)[groups]
    within = (torch.zeros_like(counts).index_add_(0, groups, residuals.square()) / counts).sqrt()
    total = values.std(correction=0)
    return float(within.mean() / total) if total > 1e-12 * values.abs().max() else float("nan")


def top_wrong(logits: Tensor, labels: Tensor) -> Tensor:
    """The largest logit of a row that is not its label's: (n, p), (n,) -> (n,)."""
    return logits.scatter(1, labels[:, None], -torch.inf).amax(1)
