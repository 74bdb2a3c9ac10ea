"""Dimensions that need not be whole: of matrices, and of clouds of points."""

from __future__ import annotations

import torch
from torch import Tensor


def singular_values(matrix: Tensor) -> Tensor:
    """The singular values of a matrix, descending, float64; those that are rounding are 0.

    Through the smaller Gram matrix, since only their sums are asked for.
    """
    m = matrix.double()
    gram = m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m
    squares = torch.linalg.eigvalsh(gram).flip(0)
    return squares.where(squares > len(gram) * 1e-15 * squares[0], 0.0).sqrt()


def effective_rank(singular: Tensor) -> float:
    """exp(H(q)), q = sigma / sum sigma, H the entropy in nats; 0 for a zero matrix. Roy and Vetterli 2007."""
    if singular.sum() == 0:
        return 0.0
    q = singular / singular.sum()
    return float(torch.special.entr(q).sum().exp())


def stable_rank(singular: Tensor) -> float:
    """|M|_F^2 / |M|_2^2 = sum sigma^2 / max sigma^2; 0 for a zero matrix."""
    largest = singular.max()
    return float((singular / largest).square().sum()) if largest > 0 else 0.0


def two_nn(points: Tensor) -> float:
    """Intrinsic dimension of distinct points (n, features): (n - 1) / sum log(r_2 / r_1), r_i the distance to the i-th neighbour.

    The maximum-likelihood form of Facco et al. 2017 (arXiv 1803.06992), without bias. NaN below three points, or where all ratios
    are 1.
    """
    distinct = torch.unique(points, dim=0)
    if len(distinct) < 3:
        return float("nan")
    nearest = torch.cdist(distinct, distinct).fill_diagonal_(torch.inf).topk(2, dim=1, largest=False).values
    total = float((nearest[:, 1] / nearest[:, 0]).log().sum())
    return (len(distinct) - 1) / total if total > 0 else float("nan")
