"""Principal components of a path through parameter space, and of a random walk."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

COLUMNS_AT_ONCE = 1 << 12


def gram(tensors: Iterable[Tensor]) -> Tensor:
    """Inner products of the displacements from the first step, summed over all parameters, G[s, t] = (w_s - w_0)(w_t - w_0).

    Differences from the first step are small beside the weights, so they keep the significant digits. Only a slice of a tensor is
    converted to float64 at a time.

    Parameters
    ----------
    tensors : iterable of Tensor (step, ...)
        Each holds one parameter at every step; at least one tensor.

    Returns
    -------
    Tensor (step, step)
        Float64.

    Examples
    --------
    >>> gram([torch.tensor([[1.0, 1.0], [2.0, 1.0], [3.0, 2.0]])]).tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 2.0, 5.0]]
    """
    total: Tensor | None = None
    for tensor in tensors:
        for columns in tensor.flatten(1).split(COLUMNS_AT_ONCE, dim=1):
            moved = columns.double() - columns[:1]
            part = moved @ moved.T
            total = part if total is None else total.add_(part)
    assert total is not None, "a network without parameters"
    return total


def components(products: Tensor) -> tuple[Tensor, Tensor]:
    """Principal components of a path from its Gram matrix.

    From the eigenvectors u and eigenvalues l of H G H, H = 1 - 11'/n: coordinate_k = u_k sqrt(l_k), share_k = l_k / sum l. The sign of
    each component makes the last step's coordinate at least the first one's.

    Parameters
    ----------
    products : Tensor (step, step)
        As from `gram`.

    Returns
    -------
    shares : Tensor (component,)
        Variance shares, descending; NaN for a path that does not move.
    coordinates : Tensor (step, component)
        In the unit of the weights.

    Examples
    --------
    A straight path of three equal steps of length 1 has one component.

    >>> shares, coordinates = components(gram([torch.tensor([[0.0], [1.0], [2.0]])]))
    >>> shares.round(decimals=9).tolist()
    [1.0, 0.0, 0.0]
    >>> coordinates[:, 0].round(decimals=9).tolist()
    [-1.0, 0.0, 1.0]
    """
    means = products.mean(0)
    values, vectors = torch.linalg.eigh(products - means - means[:, None] + means.mean())
    values, vectors = values.flip(0).clamp(min=0), vectors.flip(1)
    direction = torch.where(vectors[-1] >= vectors[0], 1.0, -1.0)
    return values / values.sum(), direction * vectors * values.sqrt()


def walk_shares(steps: Tensor) -> Tensor:
    """Variance shares of the principal components of a random walk in very many dimensions, observed at given steps.

    Its Gram matrix is min(s, t) up to a factor. For n equidistant steps share_k = 6 / (n^2 - 1) / (4 sin^2(pi k / 2n)), which tends to
    6 / (pi k)^2: .608, .152, ...

    Parameters
    ----------
    steps : Tensor (n,)
        Ascending.

    Returns
    -------
    Tensor (n,)
        Descending.

    References
    ----------
    Antognini and Sohl-Dickstein 2018 (arXiv 1806.08805), section 3.

    Examples
    --------
    For n = 3: 6 / 8 / (4 sin^2 30 deg) and 6 / 8 / (4 sin^2 60 deg).

    >>> walk_shares(torch.tensor([1, 2, 3])).round(decimals=9).tolist()
    [0.75, 0.25, 0.0]
    """
    steps = steps.double()
    return components(torch.minimum(steps[:, None], steps))[0]
