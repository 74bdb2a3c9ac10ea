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
    """A^+ (dimension, size): rows with entries uniform in [-1, 1], scaled to unit length."""
    rows = 2 * torch.rand(dimension, size, generator=generator, dtype=torch.float64) - 1
    return rows / rows.norm(dim=1, keepdim=True)


def box_rise(loss: Function, point: Tensor, rows: Tensor, epsilon: float, starts: Tensor) -> tuple[float, float]:
    """f(x), and the largest rise max_y f(x + A y) - f(x) that was found over |y_i| <= epsilon (|A^+ x|_i + 1).

    `rows` = A^+ (dimension, n), A its pseudoinverse. The search goes from each of `starts` (any, dimension), points of the box in units
    of its half-widths, from -1 to 1: signs of the slope first, then L-BFGS-B; the best of them counts.
    Keskar et al. 2017 (arXiv 1609.04836), section 2.2.2.
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
    # A trained network's loss and slopes are tiny: in units of the slope, so that no absolute tolerance ends the search at once.
    unit = float(np.abs(slope).max()) or 1.0

    def fall(y: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = rise(y)
        return -value / unit, -slope / unit

    box = [(-1.0, 1.0)] * len(start)
    return -unit * float(minimize(fall, near, jac=True, method="L-BFGS-B", bounds=box, options={"maxiter": 20}).fun)


def _follow_signs(rise: Rise, y: np.ndarray, most: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """y <- sign of the slope at y, as long as that rises, and the slope there.

    Each step of this rises where f is convex, and it ends in a corner of the box, where the maximum then is: a few evaluations where
    L-BFGS-B takes some twenty.
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
    """phi = 100 (max f - f) / (1 + f)."""
    return 100 * rise / (1 + at_point)
