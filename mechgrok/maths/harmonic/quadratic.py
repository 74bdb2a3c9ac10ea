"""How much of a function of (a, b) is products of two waves of one frequency, and waves of a + b or a - b."""

from __future__ import annotations

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier


def shares(values: Tensor, k: int, sign: int) -> tuple[Tensor, Tensor]:
    """Shares of the variance of functions of (a, b) that one frequency explains, by products of waves and by waves of a +- b.

    Quadratic: the 2-D Fourier cells {cos k, sin k} x {cos k, sin k}. Trigonometric: cos and sin of w_k (a + sign b), which lie among
    them: with C_xy the coefficient of x(w a) y(w b), ((C_cc - sign C_ss)^2 + (C_sc + sign C_cs)^2) / 2.

    Parameters
    ----------
    values : Tensor (p, p, m)
    k : int
        The frequency.
    sign : {1, -1}
        Of b.

    Returns
    -------
    quadratic, trigonometric : Tensor (m,)
        From 0 to 1; NaN for a constant function.

    Examples
    --------
    cos w a cos w b is half cos w(a + b), half cos w(a - b).

    >>> wave = torch.cos(fourier.angles(5, 1))
    >>> quadratic, trigonometric = shares(torch.outer(wave, wave)[:, :, None], 1, 1)
    >>> quadratic.round(decimals=9).tolist(), trigonometric.round(decimals=9).tolist()
    ([1.0], [0.5])
    """
    p, values = len(values), values.double()
    basis = fourier.basis(p)[fourier.rows_of(k, p)]
    cells = torch.einsum("xa,abm,yb->xym", basis, values, basis)
    variance = (values - values.mean((0, 1))).square().sum((0, 1))
    variance = variance.where(variance > 1e-12 * values.square().sum((0, 1)), float("nan"))
    if len(basis) == 1:  # k = p / 2 has no sine: its one product is itself the wave of a + b
        alternating = cells[0, 0].square() / variance
        return alternating, alternating
    (cc, cs), (sc, ss) = cells
    trigonometric = ((cc - sign * ss).square() + (sc + sign * cs).square()) / 2
    return cells.square().sum((0, 1)) / variance, trigonometric / variance
