"""Sparsity and spread of non-negative numbers."""

from __future__ import annotations

import torch
from torch import Tensor


def gini(values: Tensor) -> float:
    """G = sum_i (2 i - n - 1) x_(i) / (n sum x), x ascending: 0 for equal values, 1 - 1/n for a single one.

    Hurley and Rickard 2009, "Comparing measures of sparsity"; used on Fourier components by Nanda et al. 2023, appendix.
    NaN where all values are zero.
    """
    ordered = values.double().flatten().sort().values
    n = len(ordered)
    weights = 2 * torch.arange(1, n + 1, dtype=torch.float64) - n - 1
    return float((weights * ordered).sum() / (n * ordered.sum()))
