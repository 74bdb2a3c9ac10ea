"""Logits split into a part that depends on c - phase only, and the rest.

The shifts (row, c) -> (another row of the phase s + 1, c + 1) act on a table of logits; averaging over them is the orthogonal
projection P on functions of c - phase. Nothing here needs to know a frequency.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

ROWS_AT_ONCE = 512
"""Rows whose temporaries fit into a processor's cache."""


@dataclass(frozen=True)
class Split:
    """What is left of the logits L (centred over c) when P L is taken away: R = L - P L."""

    square: float
    """Sum of squares of L."""
    residual_square: float
    """Sum of squares of R."""
    imbalance: float
    """Largest of max_{c != y} R_c - R_y over the rows, y the label."""


def profile(sums: Tensor, counts: Tensor) -> Tensor:
    """g(d) = mean over the rows of L[row, phase + d], L centred over c (p,); `sums` (p, p) from cosines.phase_sums, `counts` (p,)."""
    p = len(sums)
    shift = (torch.arange(p)[:, None] + torch.arange(p)) % p
    centred = sums - sums.mean(1, keepdim=True)
    return centred.gather(1, shift).sum(0) / counts.sum()


def split(logits: Tensor, phase: Tensor, labels: Tensor, g: Tensor) -> Split:
    """The sizes of L = P L + R for logits (n, p), the rows' phases and labels (n,), and the logits' profile g (p,)."""
    p = len(g)
    projected = g[(torch.arange(p) - torch.arange(p)[:, None]) % p]
    residual_square, imbalances = 0.0, []
    for L, s, y in zip(*(values.split(ROWS_AT_ONCE) for values in (logits, phase, labels)), strict=True):
        R = L - projected[s]
        R -= R.mean(1, keepdim=True)
        residual_square += float(R.flatten() @ R.flatten())
        at_label = R.gather(1, y[:, None])
        imbalances.append((R.scatter_(1, y[:, None], -torch.inf).amax(1) - at_label[:, 0]).amax())
    # P is an orthogonal projection, and g sums to zero as L does over c.
    square = len(logits) * float(g.square().sum()) + residual_square
    return Split(square, residual_square, float(torch.stack(imbalances).amax()))
