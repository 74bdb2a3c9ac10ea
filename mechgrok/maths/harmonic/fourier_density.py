"""The number of large Fourier coefficients of a matrix, and the balance of its cosines and sines."""

from __future__ import annotations

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier

ROUNDING = 1e-12
"""Coefficients smaller than this part of the largest one are rounding errors, and count as zero."""


def cosines_and_sines(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Norms of the cosine coefficients |mu_k| and of the sine coefficients |nu_k| over the features.

    The last frequency of an even p has a cosine, the alternating row, and no sine.

    Parameters
    ----------
    matrix : Tensor (p, features)

    Returns
    -------
    cosine : Tensor (p // 2,)
        |mu_k| for k = 1 .. p // 2; norms that are zero up to rounding are 0.
    sine : Tensor ((p - 1) // 2,)
        |nu_k| for k = 1 .. (p - 1) // 2.

    Examples
    --------
    2 cos w_1 t modulo 5 has the norm 2 sqrt(5 / 2) = sqrt(10).

    >>> cosine, sine = cosines_and_sines(2 * torch.cos(fourier.angles(5, 1))[:, None])
    >>> cosine.square().round(decimals=9).tolist(), sine.tolist()
    ([10.0, 0.0], [0.0, 0.0])
    """
    norms = fourier.coefficients(matrix).norm(dim=1)[1:]
    norms = torch.where(norms > ROUNDING * norms.max(), norms, 0.0)
    return norms[::2], norms[1::2]


def frequency_density(cosine: Tensor, sine: Tensor, eta: float = 0.5) -> float:
    """FFD = mean over the cosines of [|mu_k| / max_i |mu_i| > eta] and over the sines of [|nu_k| / max_i |nu_i| > eta].

    The maxima of cosines and of sines are computed separately; the mean is over all p - 1 coefficients.

    Parameters
    ----------
    cosine : Tensor (p // 2,)
        |mu_k|, as from `cosines_and_sines`.
    sine : Tensor ((p - 1) // 2,)
        |nu_k|.
    eta : float, default 0.5

    Returns
    -------
    float
        From 0 to 1.

    References
    ----------
    Furuta et al. 2024 (arXiv 2402.16726).

    Examples
    --------
    One cosine and both sines out of four coefficients.

    >>> frequency_density(torch.tensor([4.0, 1.0]), torch.tensor([0.2, 0.3]))
    0.75
    """
    return float(torch.cat([_relative(cosine) > eta, _relative(sine) > eta]).double().mean())


def _relative(norms: Tensor) -> Tensor:
    """Norms over their maximum; zeros stay zeros."""
    return norms / norms.max() if norms.any() else norms


def coefficient_ratio(cosine: Tensor, sine: Tensor) -> float:
    """FCR = mean over k of min(|mu_k| / |nu_k|, |nu_k| / |mu_k|), over the frequencies that have a sine and any power.

    Parameters
    ----------
    cosine : Tensor (p // 2,)
        |mu_k|, as from `cosines_and_sines`.
    sine : Tensor ((p - 1) // 2,)
        |nu_k|.

    Returns
    -------
    float
        From 0 to 1; NaN where no frequency has power.

    References
    ----------
    Furuta et al. 2024 (arXiv 2402.16726).

    Examples
    --------
    (1 / 2 + 3 / 4) / 2; the third frequency has no power.

    >>> coefficient_ratio(torch.tensor([1.0, 4.0, 0.0]), torch.tensor([2.0, 3.0, 0.0]))
    0.625
    """
    pairs = torch.stack([cosine[: len(sine)], sine]).sort(0).values
    small, large = pairs[:, pairs[1] > 0]
    return float((small / large).mean())
