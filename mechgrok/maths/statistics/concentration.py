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


def top_share(powers: Tensor, top: int) -> float:
    """Sum of the `top` largest q_k = P_k / sum P; all of them where there are fewer. NaN where all are zero."""
    largest = powers.double().sort(descending=True).values[:top]
    return float(largest.sum() / powers.double().sum())


def spectral_entropy(powers: Tensor) -> float:
    """-sum_k q_k log q_k in nats, q_k = P_k / sum P: 0 for a single one, log n for n equal ones. NaN where all are zero."""
    q = powers.double() / powers.double().sum()
    return float(torch.special.entr(q).sum())


def participation_number(powers: Tensor) -> float:
    """1 / sum_k q_k^2, q_k = P_k / sum P: how many equal powers would be as concentrated. NaN where all are zero."""
    return float(1 / inverse_participation(powers, 2))


def inverse_participation(powers: Tensor, r: float) -> Tensor:
    """IPR_r = sum_k (P_k / sum P)^r along the first axis (k, ...) -> (...): 1 for a single one, n^(1 - r) for n equal ones.

    With P_k = x_k^2 this is sum (|x_k| / |x|)^(2 r), for r = 2 (|x|_4 / |x|_2)^4. Doshi et al. 2023 (arXiv 2310.13061).
    NaN where all are zero.
    """
    powers = powers.double()
    return (powers / powers.sum(0)).pow(r).sum(0)
