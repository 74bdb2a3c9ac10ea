"""Mean losses without a part of the logits that is small, to first order in the part, with a bound of the error.

Without P[s, c] on the rows of phase s, the loss of a row is higher by P[s, y] + log sum_c q_c exp(-P[s, c]), q its softmax. The logarithm
exceeds -sum_c q_c P[s, c] by at most R^2 / 8, R the range of P[s, c] over c (Hoeffding's lemma). The mean over rows of the first-order
terms depends on the softmax only through its sums over the rows of equal phase, so one product serves all frequencies.
"""

from __future__ import annotations

import torch
from torch import Tensor

NEGLIGIBLE = {torch.float64: 1e-16, torch.float32: 2e-7}
"""Bounds in nats up to which a part is faint, by the precision of the products."""


def errors(heights: Tensor, p: int) -> Tensor:
    """Bounds in nats of what `increases` leaves out.

    Parameters
    ----------
    heights : Tensor (k, 2, c)
        The parts of frequencies, as from `exclusion.heights`.
    p : int

    Returns
    -------
    Tensor (k,)

    Examples
    --------
    A part that is the same for all c changes no loss, but its bound is that of its amplitude: 1 / 4.

    >>> errors(torch.tensor([[[1.0, 1.0], [0.0, 0.0]]]), p=4).tolist()
    [0.25]
    """
    # The range is at most twice the amplitude over c and s, of which the waves contribute sqrt(2 / p).
    return heights.square().sum(1).amax(1) / p


def increases(heights: Tensor, waves: Tensor, softmax_sums: Tensor, phase: Tensor, labels: Tensor) -> Tensor:
    """How much higher the mean loss of some rows is without each part, to first order.

    Parameters
    ----------
    heights : Tensor (k, 2, c)
        The parts of frequencies, as from `exclusion.heights`.
    waves : Tensor (k, 2, p)
        As from `exclusion.waves`.
    softmax_sums : Tensor (p, c)
        The softmax of these rows, summed over those of equal phase.
    phase : Tensor (n,)
        Of these rows.
    labels : Tensor (n,)
        Of these rows.

    Returns
    -------
    Tensor (k,)
        Nats; NaN without rows.

    Examples
    --------
    One row of softmax (1/2, 1/2) and label 0, from whose logits (P, -P) are taken: log(2 cosh P) + P - log 2, to first order P.

    >>> P, wave = torch.tensor([[[0.25, -0.25], [0.0, 0.0]]]), torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
    >>> zero = torch.tensor([0])
    >>> increases(P, wave, torch.tensor([[0.5, 0.5], [0.0, 0.0]]), zero, zero).tolist()
    [0.25]
    """
    lacking = softmax_sums.neg().index_put((phase, labels), torch.ones((), dtype=softmax_sums.dtype), accumulate=True)
    return torch.einsum("kwc,kwc->k", torch.einsum("kws,sc->kwc", waves, lacking), heights) / len(phase)
