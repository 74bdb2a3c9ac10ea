"""Principal components of a path through parameter space, and of a random walk."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

COLUMNS_AT_ONCE = 1 << 12


def gram(tensors: Iterable[Tensor]) -> Tensor:
    """G[s, t] = sum over all parameters of (w_s - w_0)(w_t - w_0), float64 (step, step).

    Each tensor (step, ...) holds one parameter at every step. Differences from the first step are small beside the weights and so
    keep the digits that matter; only a slice of a tensor is ever in float64.
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
    """Variance shares, descending, and coordinates (step, component) of the principal components of a path with this Gram matrix.

    From the eigenvectors u and values l of H G H, H = 1 - 11'/n: coordinate_k = u_k sqrt(l_k), share_k = l_k / sum l. Each
    component points from the first step's side to the last one's. Shares are NaN for a path that does not move.
    """
    means = products.mean(0)
    values, vectors = torch.linalg.eigh(products - means - means[:, None] + means.mean())
    values, vectors = values.flip(0).clamp(min=0), vectors.flip(1)
    direction = torch.where(vectors[-1] >= vectors[0], 1.0, -1.0)
    return values / values.sum(), direction * vectors * values.sqrt()


def walk_shares(steps: Tensor) -> Tensor:
    """Variance shares of the principal components of a random walk in very many dimensions, looked at at these steps, descending.

    Its Gram matrix is min(s, t) up to a factor. For n equidistant steps share_k = 6 / (n^2 - 1) / (4 sin^2(pi k / 2n)), which goes
    to 6 / (pi k)^2: .608, .152, ... (Antognini and Sohl-Dickstein 2018, arXiv 1806.08805, section 3).
    """
    steps = steps.double()
    return components(torch.minimum(steps[:, None], steps))[0]
