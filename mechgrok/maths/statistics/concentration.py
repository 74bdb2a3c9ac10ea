"""Sparsity and spread of non-negative numbers."""

from __future__ import annotations

import torch
from torch import Tensor


def gini(values: Tensor) -> float:
    """G = sum_i (2 i - n - 1) x_(i) / (n sum x), with x in ascending order: 0 for equal values, 1 - 1/n for a single one.

    Parameters
    ----------
    values : Tensor
        Non-negative numbers, any shape.

    Returns
    -------
    float
        NaN where all values are zero.

    References
    ----------
    Hurley and Rickard 2009, "Comparing measures of sparsity"; for Fourier components Nanda et al. 2023 (arXiv 2301.05217), appendix.

    Examples
    --------
    >>> gini(torch.tensor([1.0, 1.0, 1.0, 1.0])), gini(torch.tensor([0.0, 0.0, 0.0, 5.0]))
    (0.0, 0.75)
    """
    ordered = values.double().flatten().sort().values
    n = len(ordered)
    weights = 2 * torch.arange(1, n + 1, dtype=torch.float64) - n - 1
    return float((weights * ordered).sum() / (n * ordered.sum()))


def top_share(powers: Tensor, top: int) -> float:
    """The share of the sum that the largest numbers have.

    Parameters
    ----------
    powers : Tensor (n,)
        Non-negative numbers.
    top : int
        How many of the largest; all where there are fewer.

    Returns
    -------
    float
        NaN where all are zero.

    Examples
    --------
    >>> top_share(torch.tensor([1.0, 5.0, 2.0]), 2)
    0.875
    """
    largest = powers.double().sort(descending=True).values[:top]
    return float(largest.sum() / powers.double().sum())


def spectral_entropy(powers: Tensor) -> float:
    """-sum_k q_k log q_k with q_k = P_k / sum P: 0 for a single one, log n for n equal ones.

    Parameters
    ----------
    powers : Tensor (n,)
        P, non-negative numbers.

    Returns
    -------
    float
        Nats; NaN where all are zero.

    Examples
    --------
    >>> round(spectral_entropy(torch.tensor([3.0, 3.0, 0.0])), 6)
    0.693147
    """
    q = powers.double() / powers.double().sum()
    return float(torch.special.entr(q).sum())


def participation_number(powers: Tensor) -> float:
    """1 / sum_k q_k^2 with q_k = P_k / sum P: the number of equal powers with the same concentration.

    Parameters
    ----------
    powers : Tensor (n,)
        P, non-negative numbers.

    Returns
    -------
    float
        NaN where all are zero.

    Examples
    --------
    >>> participation_number(torch.tensor([3.0, 3.0, 0.0]))
    2.0
    """
    return float(1 / inverse_participation(powers, 2))


def inverse_participation(powers: Tensor, r: float) -> Tensor:
    """IPR_r = sum_k (P_k / sum P)^r along the first axis: 1 for a single one, n^(1 - r) for n equal ones.

    With P_k = x_k^2 this is sum (|x_k| / |x|)^(2 r), for r = 2 (|x|_4 / |x|_2)^4.

    Parameters
    ----------
    powers : Tensor (k, ...)
        P, non-negative numbers.
    r : float

    Returns
    -------
    Tensor (...)
        Float64; NaN where all are zero.

    References
    ----------
    Doshi et al. 2023 (arXiv 2310.13061).

    Examples
    --------
    >>> inverse_participation(torch.tensor([[1.0, 1.0], [1.0, 0.0]]), 2).tolist()
    [0.5, 1.0]
    """
    powers = powers.double()
    return (powers / powers.sum(0)).pow(r).sum(0)
