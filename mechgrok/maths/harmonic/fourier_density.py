"""How many Fourier coefficients of a matrix are large, and how cosines and sines are balanced."""

from __future__ import annotations

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier

ROUNDING = 1e-12
"""Coefficients smaller than this part of the largest one are rounding errors, and count as zero."""


def cosines_and_sines(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """|mu_k| for k = 1 .. p // 2 and |nu_k| for k = 1 .. (p - 1) // 2: norms over the features of a matrix (p, features).

    The last frequency of an even p has a cosine, the alternating row, and no sine.
    """
    norms = fourier.coefficients(matrix).norm(dim=1)[1:]
    norms = torch.where(norms > ROUNDING * norms.max(), norms, 0.0)
    return norms[::2], norms[1::2]


def frequency_density(cosine: Tensor, sine: Tensor, eta: float = 0.5) -> float:
    """FFD = mean over the cosines of [|mu_k| / max_i |mu_i| > eta] and over the sines of [|nu_k| / max_i |nu_i| > eta].

    The maxima of cosines and of sines are taken apart; the mean is over the p - 1 coefficients that there are.
    Furuta et al. 2024 (arXiv 2402.16726).
    """
    return float(torch.cat([_relative(cosine) > eta, _relative(sine) > eta]).double().mean())


def _relative(norms: Tensor) -> Tensor:
    """Over their maximum; zeros stay."""
    return norms / norms.max() if norms.any() else norms


def coefficient_ratio(cosine: Tensor, sine: Tensor) -> float:
    """FCR = mean over k of min(|mu_k| / |nu_k|, |nu_k| / |mu_k|), over the frequencies that have a sine and any power.

    NaN where there is none. Furuta et al. 2024 (arXiv 2402.16726).
    """
    pairs = torch.stack([cosine[: len(sine)], sine]).sort(0).values
    small, large = pairs[:, pairs[1] > 0]
    return float((small / large).mean())
