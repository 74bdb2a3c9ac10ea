"""Phases of waves over the tokens, and ReLU neurons as nodes of an integral over the phase."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier

HARMONICS = 200
"""Harmonics of |cos| that are summed; the squares of those left out add up to 1e-8 of the whole."""


def amplitudes(values: Tensor) -> Tensor:
    """z_k with z_k = r exp(i x) for values r cos(w_k t + x), k = 1 .. (p - 1) // 2, along the first axis.

    Parameters
    ----------
    values : Tensor (p, m)

    Returns
    -------
    Tensor ((p - 1) // 2, m), complex

    Examples
    --------
    >>> found = amplitudes(3 * torch.cos(fourier.angles(5, 2) + 0.7)[:, None])
    >>> found.abs().squeeze().tolist(), round(float(found[1].angle()), 6)
    ([0.0, 3.0], 0.7)
    """
    p = len(values)
    waves = torch.stack([torch.exp(-1j * fourier.angles(p, k)) for k in range(1, (p + 1) // 2)])
    found = 2 / p * waves @ values.to(waves.dtype)
    return torch.complex(*(part.where(found.abs() > 1e-12 * values.abs().amax(), 0.0) for part in (found.real, found.imag)))


def resultant(phases: Tensor, weights: Tensor, harmonic: int) -> float:
    """|sum w exp(i m x)| / sum w: 1 for phases that agree modulo 2 pi / m, 0 for evenly spread ones.

    Parameters
    ----------
    phases : Tensor (n,)
        x, radians.
    weights : Tensor (n,)
        w, not negative and not all zero.
    harmonic : int
        m.

    Returns
    -------
    float

    Examples
    --------
    >>> half_turns = torch.tensor([0.0, math.pi], dtype=torch.float64)
    >>> round(resultant(half_turns, torch.ones(2), 1), 9), resultant(half_turns, torch.ones(2), 2)
    (0.0, 1.0)
    """
    return float((weights * torch.exp(1j * harmonic * phases)).sum().abs() / weights.sum())


def quadrature_error(phases: Tensor, weights: Tensor) -> float:
    """Relative error of sum_j w_j ReLU(cos(x + f_j)) cos(y + 2 f_j) / sum w as an integral over all phases f.

    The integral is cos(y - 2 x) / (3 pi). The error is the root mean square of the difference over x and y, over that of the integral.
    ReLU(cos u) = sum_m c_m cos m u, so that every harmonic m of x with an angle y +- m x has the amplitude c_m R_{m +- 2} / 2, R the
    resultants of the phases; only R_0 = 1 belongs to the integral.

    Parameters
    ----------
    phases : Tensor (n,)
        f, radians.
    weights : Tensor (n,)
        w, not negative and not all zero.

    Returns
    -------
    float
        0 for evenly spread phases, up to rounding and the harmonics left out.

    References
    ----------
    Yip et al. 2024 (arXiv 2412.03773), in whose account a ReLU layer approximates the integral.

    Examples
    --------
    >>> even = 2 * math.pi * torch.arange(64, dtype=torch.float64) / 64
    >>> quadrature_error(even, torch.ones(64)) < 2e-3, quadrature_error(even[:8], torch.ones(8)) > 1
    (True, True)
    """
    R = [resultant(phases, weights, m) for m in range(HARMONICS + 3)]
    square = (2 * _relu_harmonic(0) * R[2]) ** 2 + (_relu_harmonic(2) * R[4]) ** 2
    for m in range(1, HARMONICS + 1):
        if m != 2:
            square += _relu_harmonic(m) ** 2 * (R[m + 2] ** 2 + R[abs(m - 2)] ** 2)
    return math.sqrt(square) / _relu_harmonic(2)


def _relu_harmonic(m: int) -> float:
    """c_m of ReLU(cos u) = sum_m c_m cos m u."""
    if m < 2:
        return (1 / math.pi, 0.5)[m]
    return 0.0 if m % 2 else 2 * (-1) ** (m // 2 + 1) / (math.pi * (m * m - 1))
