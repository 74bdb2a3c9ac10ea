"""Sums of few waves on Z_p, each given by a frequency, an amplitude and an angle."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier


def amplitude_and_angle(g: Tensor, k: int) -> tuple[float, float]:
    """The A >= 0 and delta in (-pi, pi] for which A cos(delta - w_k d) is the part of frequency k of g(d), d in Z_p.

    A e^(i delta) = sum_d g(d) e^(i w_k d) / sum_d cos^2 w_k d. For k = p / 2, which has no sine, delta is 0 or pi.

    Parameters
    ----------
    g : Tensor (p,)
        Float64.
    k : int
        The frequency.

    Returns
    -------
    amplitude : float
        A, in the unit of g.
    angle : float
        delta, radians.

    Examples
    --------
    3 cos(1 - w_2 d) + 7 modulo 5.

    >>> A, delta = amplitude_and_angle(3 * torch.cos(1 - fourier.angles(5, 2)) + 7, 2)
    >>> round(A, 9), round(delta, 9)
    (3.0, 1.0)
    """
    p = len(g)
    angles = fourier.angles(p, k)
    cosine = float(torch.cos(angles) @ g)
    sine = 0.0 if 2 * k == p else float(torch.sin(angles) @ g)
    return math.hypot(cosine, sine) / float(torch.cos(angles).square().sum()), math.atan2(sine, cosine)
