"""The tangent kernel of a network on some rows, and its alignment with another kernel."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def tangent_kernel(outputs: Sequence[Tensor], weights: Sequence[Tensor]) -> Tensor:
    """K[n, m] = sum_c <d f_c(n) / dw, d f_c(m) / dw>, over all weights.

    Parameters
    ----------
    outputs : sequence of Tensor (classes,)
        f of each row, with its own graph.
    weights : sequence of Tensor
        w, with gradients.

    Returns
    -------
    Tensor (n, n)

    Examples
    --------
    f(x) = w x has the gradient x.

    >>> w = torch.tensor([2.0], requires_grad=True)
    >>> tangent_kernel([w * 1.0, w * 3.0], [w]).tolist()
    [[1.0, 3.0], [3.0, 9.0]]
    """
    kernel = weights[0].new_zeros(len(outputs), len(outputs))
    # One buffer for all classes: memory of this size that is freed goes back to the system each time.
    gradients = weights[0].new_empty(len(outputs), sum(each.numel() for each in weights))
    for c in range(len(outputs[0])):
        for row, output in zip(gradients, outputs, strict=True):
            found = torch.autograd.grad(output[c], weights, retain_graph=True, allow_unused=True, materialize_grads=True)
            torch.cat([each.flatten() for each in found], out=row)
        kernel.addmm_(gradients, gradients.T)
    return kernel


def alignment(first: Tensor, second: Tensor) -> float:
    """<H K H, H K' H> / (|H K H| |H K' H|), H = 1 - 11' / n: centred kernel alignment.

    Parameters
    ----------
    first, second : Tensor (n, n)
        Symmetric.

    Returns
    -------
    float
        From 0 to 1 for kernels; NaN where one is constant.

    References
    ----------
    Cortes et al. 2012 (JMLR 13), Kornblith et al. 2019 (arXiv 1905.00414).

    Examples
    --------
    >>> round(alignment(torch.eye(3), 5 * torch.eye(3) + 2), 9)
    1.0
    """
    x, y = _centred(first), _centred(second)
    size = x.norm() * y.norm()
    return float((x * y).sum() / size) if size > 1e-12 * first.norm() * second.norm() else float("nan")


def chance_alignment(first: Tensor, second: Tensor) -> float:
    """Mean alignment where the rows of one kernel are permuted at random: tr(H K H) tr(H K' H) / ((n - 1) |H K H| |H K' H|).

    Parameters
    ----------
    first, second : Tensor (n, n)
        Symmetric.

    Returns
    -------
    float
        NaN where one is constant.

    Examples
    --------
    >>> round(chance_alignment(torch.eye(3), torch.eye(3)), 9)
    1.0
    """
    x, y = _centred(first), _centred(second)
    size = (len(x) - 1) * x.norm() * y.norm()
    return float(x.trace() * y.trace() / size) if size > 1e-12 * first.norm() * second.norm() else float("nan")


def _centred(kernel: Tensor) -> Tensor:
    values = kernel.double()
    means = values.mean(0)
    return values - means - means[:, None] + means.mean()
