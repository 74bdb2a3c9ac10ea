"""How far two steps of gradient descent depend on their order."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Function = Callable[[Tensor], Tensor]
"""A differentiable function of a vector (n,)."""


def commutator(first: Function, second: Function, point: Tensor, rate: float) -> tuple[Tensor, float]:
    """w_AB - w_BA after a step on two losses in both orders, and its norm over those of the steps.

    w_AB = w - eta g_A(w) - eta g_B(w - eta g_A(w)); defect = |w_AB - w_BA| / (|eta g_A(w)| |eta g_B(w)|), which tends to |H_B g_A - H_A
    g_B| / (|g_A| |g_B|) for small eta, H the Hessians.

    Parameters
    ----------
    first, second : callable
        The losses A and B.
    point : Tensor (n,)
        w.
    rate : float
        eta.

    Returns
    -------
    difference : Tensor (n,)
    defect : float
        NaN where a gradient is zero.

    References
    ----------
    arXiv 2602.16746 (2026), commutator defect.

    Examples
    --------
    A = x^2 / 2 and B = (x - 1)^2 / 2 have the Hessian 1: w_AB - w_BA = eta^2 (g_A - g_B) = .01 (3 - 2), over .01 * 3 * 2.

    >>> first, second = lambda x: x.square().sum() / 2, lambda x: (x - 1).square().sum() / 2
    >>> difference, defect = commutator(first, second, torch.tensor([3.0], dtype=torch.float64), 0.1)
    >>> round(float(difference), 9), round(defect, 9)
    (0.01, 0.166666667)
    """
    g_A, g_B = _slope(first, point), _slope(second, point)
    # The steps are compared as moves, which are small beside the weights.
    AB = g_A + _slope(second, point - rate * g_A)
    BA = g_B + _slope(first, point - rate * g_B)
    difference = rate * (BA - AB)
    scale = float(rate**2 * g_A.norm() * g_B.norm())
    return difference, float(difference.norm()) / scale if scale > 0 else float("nan")


def _slope(function: Function, point: Tensor) -> Tensor:
    place = point.detach().requires_grad_()
    (found,) = torch.autograd.grad(function(place), place)
    return found
