"""Separation of classes of points, and the spread of points over directions."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mechgrok.maths.statistics.concentration import spectral_entropy


def class_distances(points: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean squared distance between the centres of two classes, and of a point from the centre of its class.

    Parameters
    ----------
    points : Tensor (n, d)
    labels : Tensor (n,), int64
        The class of each point; classes without points do not count.

    Returns
    -------
    between : float
        Mean over the pairs of different classes; NaN for fewer than two classes.
    within : float
        Mean over the points; NaN without points.

    References
    ----------
    ILDR: arXiv 2604.20923.

    Examples
    --------
    Centres 1 and 6 are 25 apart in squares, and each point is 1 from its centre.

    >>> class_distances(torch.tensor([[0.0], [2.0], [5.0], [7.0]]), torch.tensor([0, 0, 3, 3]))
    (25.0, 1.0)
    """
    classes, places = labels.unique(return_inverse=True)
    centred = points.double() - points.double().mean(0)
    sums = torch.zeros(len(classes), points.shape[1], dtype=torch.float64).index_add_(0, places, centred)
    centres = sums / torch.bincount(places, minlength=len(classes))[:, None]
    within = (centred - centres[places]).square().sum(1).mean()
    # The mean over pairs of |x - y|^2 is twice the variance with the divisor n - 1.
    pairs = len(classes) - 1
    between = 2 * (centres - centres.mean(0)).square().sum() / pairs if pairs > 0 else math.nan
    return float(between), float(within)


def normalised_entropy(points: Tensor) -> float:
    """-sum_i q_i log q_i / log d, with q the eigenvalues of the covariance of the points over their sum: 0 to 1.

    Parameters
    ----------
    points : Tensor (n, d)

    Returns
    -------
    float
        NaN where all points are equal up to rounding, or d = 1.

    References
    ----------
    arXiv 2604.13123.

    Examples
    --------
    >>> corners = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    >>> round(normalised_entropy(corners), 9), round(abs(normalised_entropy(corners[:2])), 9)
    (1.0, 0.0)
    """
    centred = points.double() - points.double().mean(0)
    d = points.shape[1]
    if d == 1 or not len(points) or float(centred.square().sum()) <= 1e-24 * float(points.double().square().sum()):
        return math.nan
    return spectral_entropy(torch.linalg.eigvalsh(centred.T @ centred).clamp_min(0)) / math.log(d)
