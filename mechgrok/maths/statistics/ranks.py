"""Effective dimensions, not necessarily integers, of matrices and of point clouds."""

from __future__ import annotations

import torch
from torch import Tensor


def singular_values(matrix: Tensor) -> Tensor:
    """The singular values of a matrix, descending; those that are zero up to rounding are 0.

    They are computed from the smaller Gram matrix, which is precise enough for sums over them.

    Parameters
    ----------
    matrix : Tensor (n, m)

    Returns
    -------
    Tensor (min(n, m),)
        Float64.

    Examples
    --------
    >>> singular_values(torch.tensor([[3.0, 0.0, 0.0], [0.0, 4.0, 0.0]])).tolist()
    [4.0, 3.0]
    """
    m = matrix.double()
    gram = m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m
    squares = torch.linalg.eigvalsh(gram).flip(0)
    return squares.where(squares > len(gram) * 1e-15 * squares[0], 0.0).sqrt()


def effective_rank(singular: Tensor) -> float:
    """exp(H(q)), q = sigma / sum sigma, with H the entropy in nats.

    Parameters
    ----------
    singular : Tensor (n,)
        sigma, as from `singular_values`.

    Returns
    -------
    float
        From 1 to n; 0 for a zero matrix.

    References
    ----------
    Roy and Vetterli 2007, "The effective rank: a measure of effective dimensionality".

    Examples
    --------
    >>> round(effective_rank(torch.tensor([2.0, 2.0, 0.0])), 5)
    2.0
    """
    if singular.sum() == 0:
        return 0.0
    q = singular / singular.sum()
    return float(torch.special.entr(q).sum().exp())


def stable_rank(singular: Tensor) -> float:
    """|M|_F^2 / |M|_2^2 = sum sigma^2 / max sigma^2.

    Parameters
    ----------
    singular : Tensor (n,)
        sigma, as from `singular_values`.

    Returns
    -------
    float
        From 1 to n; 0 for a zero matrix.

    Examples
    --------
    (16 + 4) / 16.

    >>> stable_rank(torch.tensor([4.0, 2.0]))
    1.25
    """
    largest = singular.max()
    return float((singular / largest).square().sum()) if largest > 0 else 0.0


def two_nn(points: Tensor) -> float:
    """Intrinsic dimension of a point cloud, (n - 1) / sum log(r_2 / r_1), with r_i the distance to the i-th neighbour.

    The maximum-likelihood form, without bias, of the distinct points.

    Parameters
    ----------
    points : Tensor (n, features)

    Returns
    -------
    float
        NaN for fewer than three distinct points, or where all ratios are 1.

    References
    ----------
    Facco et al. 2017 (arXiv 1803.06992).

    Examples
    --------
    Points 0, 1 and 3 on a line have the ratios 3, 2 and 3 / 2: 2 / log 9.

    >>> round(2 / two_nn(torch.tensor([[0.0], [1.0], [3.0]]).double()), 6), round(float(np.log(9)), 6)
    (2.197225, 2.197225)
    """
    distinct = torch.unique(points, dim=0)
    if len(distinct) < 3:
        return float("nan")
    nearest = torch.cdist(distinct, distinct).fill_diagonal_(torch.inf).topk(2, dim=1, largest=False).values
    total = float((nearest[:, 1] / nearest[:, 0]).log().sum())
    return (len(distinct) - 1) / total if total > 0 else float("nan")
