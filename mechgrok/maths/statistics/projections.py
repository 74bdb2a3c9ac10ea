"""Maps of points in many dimensions onto a plane."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def principal_plane(points: Tensor) -> tuple[Tensor, Tensor]:
    """Coordinates of points along their first two principal axes, and the share of variance along each.

    X - mean = U S V^T: coordinates U S, shares S_i^2 / sum S^2. The sign of an axis makes the coordinate that is largest in size positive.

    Parameters
    ----------
    points : Tensor (n, d)

    Returns
    -------
    coordinates : Tensor (n, 2)
        Float64; zeros along an axis that does not exist.
    shares : Tensor (2,)
        NaN where all points are equal up to rounding.

    Examples
    --------
    >>> coordinates, shares = principal_plane(torch.tensor([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]))
    >>> coordinates[:, 0].abs().round(decimals=9).tolist(), shares.round(decimals=9).tolist()
    ([5.0, 0.0, 5.0], [1.0, 0.0])
    """
    points = points.double()
    centred = points - points.mean(0)
    left, singular, _ = torch.linalg.svd(centred, full_matrices=False)
    every = left * singular
    coordinates = torch.zeros(len(points), 2, dtype=torch.float64)
    coordinates[:, : every.shape[1]] = every[:, :2]
    shares = torch.zeros(2, dtype=torch.float64)
    shares[: len(singular)] = singular[:2].square() / singular.square().sum()
    furthest = coordinates.gather(0, coordinates.abs().argmax(0, keepdim=True))
    spread = bool(singular[0] > 1e-12 * points.norm())
    return (coordinates * furthest.sign() if spread else torch.zeros_like(coordinates)), shares if spread else shares * math.nan


def tsne(points: Tensor, seed: int = 0) -> Tensor:
    """t-SNE of points onto a plane by scikit-learn, started from the principal plane.

    Perplexity 30, or (n - 1) / 3 where that is less. Distances between far points mean little.

    Parameters
    ----------
    points : Tensor (n, d)
    seed : int, default 0

    Returns
    -------
    Tensor (n, 2)
        Float64; the principal plane for fewer than three points, or equal ones.

    References
    ----------
    van der Maaten and Hinton 2008, "Visualizing data using t-SNE".

    Examples
    --------
    >>> tsne(torch.tensor([[0.0, 0.0], [3.0, 4.0]])).abs().round(decimals=9).tolist()
    [[2.5, 0.0], [2.5, 0.0]]
    """
    from sklearn.manifold import TSNE  # type: ignore[import-untyped]

    plane, shares = principal_plane(points)
    if len(points) < 3 or shares.isnan().any():
        return plane
    start = (plane / plane[:, 0].std() * 1e-4).float().numpy()
    perplexity = min(30.0, (len(points) - 1) / 3)
    found = TSNE(2, perplexity=perplexity, init=start, random_state=seed).fit_transform(points.double().numpy())
    return torch.from_numpy(found).double()
