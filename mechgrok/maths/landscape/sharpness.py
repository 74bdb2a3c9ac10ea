"""How much a loss rises in a small box around a point, in a random subspace."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Function = Callable[[Tensor], Tensor]
"""A differentiable function of a vector (n,)."""
Rise = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""A value and its gradient."""


def random_subspace(size: int, dimension: int, generator: torch.Generator) -> Tensor:
    """A^+: random rows with entries uniform in [-1, 1], scaled to unit length.

    Parameters
    ----------
    size : int
        The number of parameters.
    dimension : int
        The number of rows.
    generator : torch.Generator

    Returns
    -------
    Tensor (dimension, size)
        Float64.

    Examples
    --------
    >>> rows = random_subspace(10, 3, torch.Generator().manual_seed(0))
    >>> tuple(rows.shape), rows.norm(dim=1).round(decimals=9).tolist()
    ((3, 10), [1.0, 1.0, 1.0])
    """
    rows = 2 * torch.rand(dimension, size, generator=generator, dtype=torch.float64) - 1
    return rows / rows.norm(dim=1, keepdim=True)


def box_rise(loss: Function, point: Tensor, rows: Tensor, epsilon: float, starts: Tensor) -> tuple[float, float]:
    """f(x), and the largest rise max_y f(x + A y) - f(x) that is found over |y_i| <= epsilon (|A^+ x|_i + 1).

    The search runs from each of several starts, first along the signs of the slope, then by L-BFGS-B; the best result counts.

    Parameters
    ----------
    loss : callable
        f, a differentiable function of a vector (n,).
    point : Tensor (n,)
        x, float64.
    rows : Tensor (dimension, n)
        A^+, as from `random_subspace`; A is its pseudoinverse.
    epsilon : float
        Size of the box.
    starts : Tensor (any, dimension)
        Points of the box, in units of its half-widths, from -1 to 1.

    Returns
    -------
    at_point : float
        f(x).
    rise : float
        At least 0.

    References
    ----------
    Keskar et al. 2017 (arXiv 1609.04836), section 2.2.2.

    Examples
    --------
    f = x^2 at x = 1: the half-width is 0.1 * (1 + 1), and 1.2^2 - 1 = 0.44.

    >>> one, start = torch.ones(1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    >>> at_point, rise = box_rise(lambda x: x.square().sum(), one, one[None], 0.1, start)
    >>> at_point, round(rise, 9)
    (1.0, 0.44)
    """
    directions = torch.linalg.pinv(rows) * (epsilon * ((rows @ point).abs() + 1))
    at_point = float(loss(point))

    def rise(y: np.ndarray) -> tuple[float, np.ndarray]:
        place = torch.from_numpy(y).requires_grad_()
        value = loss(point + directions @ place)
        (slope,) = torch.autograd.grad(value, place)
        return float(value.detach()) - at_point, slope.numpy()

    return at_point, max(0.0, *(_climb(rise, start) for start in starts.numpy()))


def _climb(rise: Rise, start: np.ndarray) -> float:
    """The rise that a search from one start finds in the box from -1 to 1."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    near, slope = _follow_signs(rise, start)
    # A trained network's loss and slopes are tiny. In units of the slope no absolute tolerance of the optimiser ends the search at once.
    unit = float(np.abs(slope).max()) or 1.0

    def fall(y: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = rise(y)
        return -value / unit, -slope / unit

    box = [(-1.0, 1.0)] * len(start)
    return -unit * float(minimize(fall, near, jac=True, method="L-BFGS-B", bounds=box, options={"maxiter": 20}).fun)


def _follow_signs(rise: Rise, y: np.ndarray, most: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """y <- sign of the slope at y, as long as that rises, and the slope there.

    Each step rises where f is convex, and the last one ends in a corner of the box, where the maximum of a convex f is. It takes a few
    evaluations where L-BFGS-B takes some twenty.
    """
    value, slope = rise(y)
    for _ in range(most):
        corner = np.where(slope == 0, y, np.sign(slope))
        there, slope_there = rise(corner)
        if there <= value:
            break
        y, value, slope = corner, there, slope_there
    return y, slope


def keskar(at_point: float, rise: float) -> float:
    """phi = 100 (max f - f) / (1 + f).

    Parameters
    ----------
    at_point : float
        f, as from `box_rise`.
    rise : float
        max f - f.

    Returns
    -------
    float
        Percent.

    References
    ----------
    Keskar et al. 2017 (arXiv 1609.04836), section 2.2.2.

    Examples
    --------
    >>> keskar(1.0, 0.5)
    25.0
    """
    return 100 * rise / (1 + at_point)
