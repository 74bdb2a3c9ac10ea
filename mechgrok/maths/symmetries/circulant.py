"""Distance of a square matrix from circulant ones, whose entries depend on the difference or the sum of their indices."""

from __future__ import annotations

import torch
from torch import Tensor


def deviation(matrix: Tensor, sign: int = 1, *, diagonal: bool = True) -> float:
    """Share of the squares of a matrix that its means over j - sign i modulo p leave over.

    D = sum over j, i of (A[i, j] - m[j - sign i])^2 / |A|^2, m[k] the mean of the entries with j - sign i = k modulo p.

    Parameters
    ----------
    matrix : Tensor (p, p)
        A.
    sign : {1, -1}
        1 for circulant matrices, -1 for those that are constant along the other diagonals (Hankel).
    diagonal : bool, default True
        Whether the entries i = j count.

    Returns
    -------
    float
        From 0 to 1; NaN for zeros.

    References
    ----------
    Mallinar et al. 2024 (arXiv 2407.20199), circulant deviation.

    Examples
    --------
    >>> rolled = torch.stack([torch.tensor([5.0, 1.0, 2.0, 4.0]).roll(shift) for shift in range(4)])
    >>> deviation(rolled), deviation(rolled.flip(0), -1)
    (0.0, 0.0)
    >>> deviation(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    0.5
    """
    p = len(matrix)
    place = torch.arange(p)
    group, counted = (place - sign * place[:, None]) % p, diagonal | (place != place[:, None])
    values = matrix.double()[counted]
    counts = torch.bincount(group[counted], minlength=p).clamp_min(1)
    means = values.new_zeros(p).index_add_(0, group[counted], values) / counts
    total = values.square().sum()
    return float((values - means[group[counted]]).square().sum() / total) if total > 0 else float("nan")
