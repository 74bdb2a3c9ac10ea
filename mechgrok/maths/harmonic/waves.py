"""Sums of few waves on Z_p, each a frequency, an amplitude and an angle."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier


def amplitude_and_angle(g: Tensor, k: int) -> tuple[float, float]:
    """The A >= 0 and delta in (-pi, pi] for which A cos(delta - w_k d) is the part of frequency k of g(d), d in Z_p (p,).

    A e^(i delta) = sum_d g(d) e^(i w_k d) / sum_d cos^2 w_k d. For k = p / 2, which has no sine, delta is 0 or pi.
    """
    p = len(g)
    angles = fourier.angles(p, k)
    cosine = float(torch.cos(angles) @ g)
    sine = 0.0 if 2 * k == p else float(torch.sin(angles) @ g)
    return math.hypot(cosine, sine) / float(torch.cos(angles).square().sum()), math.atan2(sine, cosine)
