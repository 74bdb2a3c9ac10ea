"""Logits split into a part that depends on c - phase only, and the rest.

The shifts (row, c) -> (another row of the phase s + 1, c + 1) act on a table of logits; averaging over them is the orthogonal
projection P on functions of c - phase. No frequency has to be given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

ROWS_AT_ONCE = 512
"""Rows whose temporaries fit into a processor's cache."""


@dataclass(frozen=True)
class Split:
    """Sizes of the residual R = L - P L of logits L that are centred over c.

    Attributes
    ----------
    square : float
        Sum of squares of L.
    residual_square : float
        Sum of squares of R.
    imbalance : float
        Largest of max_{c != y} R_c - R_y over the rows, y the label.
    """

    square: float
    residual_square: float
    imbalance: float


def profile(sums: Tensor, counts: Tensor) -> Tensor:
    """g(d) = mean over the rows of L[row, phase + d], with L centred over c.

    Parameters
    ----------
    sums : Tensor (p, p)
        As from `cosines.phase_sums`.
    counts : Tensor (p,)
        The number of rows of each phase.

    Returns
    -------
    Tensor (p,)

    Examples
    --------
    >>> profile(torch.tensor([[3.0, 1.0], [1.0, 3.0]]), torch.tensor([1, 1])).tolist()
    [1.0, -1.0]
    """
    p = len(sums)
    shift = (torch.arange(p)[:, None] + torch.arange(p)) % p
    centred = sums - sums.mean(1, keepdim=True)
    return centred.gather(1, shift).sum(0) / counts.sum()


def split(pieces: Iterable[tuple[Tensor, Tensor, Tensor]], g: Tensor) -> Split:
    """The sizes of L = P L + R.

    Parameters
    ----------
    pieces : iterable of (Tensor (n, p), Tensor (n,), Tensor (n,))
        The logits of some rows, their phases and labels.
    g : Tensor (p,)
        The profile of all these logits, as from `profile`.

    Returns
    -------
    Split

    Examples
    --------
    Centred, the rows are (1, -1) and (-3, 3), and their profile is (2, -2): R is (-1, 1) and (-1, 1).

    >>> logits, phase = torch.tensor([[3.0, 1.0], [1.0, 7.0]], dtype=torch.float64), torch.tensor([0, 1])
    >>> split([(logits, phase, phase)], torch.tensor([2.0, -2.0], dtype=torch.float64))
    Split(square=20.0, residual_square=4.0, imbalance=2.0)
    """
    p = len(g)
    projected = g[(torch.arange(p) - torch.arange(p)[:, None]) % p]
    count, residual_square, imbalance = 0, 0.0, -math.inf
    for L, s, y in (some for piece in pieces for some in zip(*(values.split(ROWS_AT_ONCE) for values in piece), strict=True)):
        R = L - projected[s]
        R -= R.mean(1, keepdim=True)
        count, residual_square = count + len(R), residual_square + float(R.flatten() @ R.flatten())
        at_label = R.gather(1, y[:, None])
        imbalance = max(imbalance, float((R.scatter_(1, y[:, None], -torch.inf).amax(1) - at_label[:, 0]).amax()))
    # P is an orthogonal projection, and g sums to zero as L does over c.
    square = count * float(g.square().sum()) + residual_square
    return Split(square, residual_square, imbalance)
