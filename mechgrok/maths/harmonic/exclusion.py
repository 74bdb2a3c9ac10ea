"""Losses of logits from which single functions of (phase, c) are subtracted, for many functions at little more than the cost of one.

With P_k[s, c] the function that is subtracted from the rows of phase s, sum_c exp(L[n, c] - P_k[s, c]) is a product of exp L
(rows of phase s, c) with exp(-P_k) (c, k). Both factors are scaled to a largest entry of 1. Where the product still underflows, the loss
is computed from its own log-softmax.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier
from mechgrok.maths.landscape import losses

Parts = Callable[[Tensor], Tensor]
"""From phases (s,) to the functions that are subtracted there (s, k, c)."""

ENTRIES_AT_ONCE = 2**17
"""Logits in one product, few enough for the processor's cache."""
LOST = {torch.float64: 1e-290, torch.float32: 1e-26}
"""Sums below it may have lost digits: each factor that underflowed leaves an error of at most 1e-308, in float32 1e-38."""


@dataclass(frozen=True)
class Logits:
    """Logits (n, c) of which some rows are computed at a time.

    Attributes
    ----------
    at : callable
        From numbers of rows (...) to their logits (..., c).
    classes : int
        c.
    precision : torch.dtype, default float64
        Of the products.

    Examples
    --------
    >>> Logits.of(torch.tensor([[2.0, 0.0]])).at(torch.tensor([0, 0])).tolist()
    [[2.0, 0.0], [2.0, 0.0]]
    """

    at: Callable[[Tensor], Tensor]
    classes: int
    precision: torch.dtype = torch.float64

    @classmethod
    def of(cls, logits: Tensor) -> Logits:
        """Logits that are all there.

        Parameters
        ----------
        logits : Tensor (n, c)

        Returns
        -------
        Logits
        """
        return cls(lambda rows: logits[rows], logits.shape[1])


def mean_losses(logits: Logits, phase: Tensor, labels: Tensor, parts: Parts, masks: Tensor) -> Tensor:
    """Mean cross-entropy of logits[n] - parts[phase n, k] over sets of rows, for every k.

    Parameters
    ----------
    logits : Logits
        (n, c)
    phase : Tensor (n,)
        The phase of each row, integers from 0.
    labels : Tensor (n,)
    parts : callable
        From phases (s,) to the functions that are subtracted there (s, k, c).
    masks : Tensor (sets, n) of bool
        The rows of each set.

    Returns
    -------
    Tensor (sets, k)
        Nats, float64; NaN for a set without rows.

    Examples
    --------
    With nothing subtracted, and with the logits themselves subtracted, of which log 2 is left.

    >>> logits = torch.tensor([[2.0, 0.0]])
    >>> parts = lambda phases: torch.stack([torch.zeros(1, 2), logits], dim=1)
    >>> found = mean_losses(Logits.of(logits), torch.tensor([0]), torch.tensor([0]), parts, torch.tensor([[True]]))
    >>> found.round(decimals=6).tolist()
    [[0.126928, 0.693147]]
    """
    weights = masks.double() / masks.sum(1, keepdim=True)
    batches = list(_batches(phase, logits.classes))
    # One array for all: small ones would lie between large freed tensors, which then cannot be returned to the system.
    found = torch.empty(0)
    for number, (phases, rows) in enumerate(batches):
        part = _losses(logits.at(rows).double(), -parts(phases).double(), labels[rows], logits.precision).flatten(0, 1)
        found = found if len(found) else part.new_empty(len(batches), len(masks), part.shape[1])
        found[number] = weights[:, rows.flatten()] @ part
    return found.sum(0)


def phase_parts(sums: Tensor, counts: Tensor) -> Parts:
    """The functions of `cosines.phase_part` for every single frequency k = 1 .. p // 2.

    Each is the projection of every output's logits on cos and sin w_k(phase).

    Parameters
    ----------
    sums : Tensor (p, p)
        As from `cosines.phase_sums`.
    counts : Tensor (p,)
        The number of rows of each phase.

    Returns
    -------
    callable
        From phases (s,) to the projections there (s, p // 2, p).

    Examples
    --------
    >>> parts = phase_parts(torch.tensor([[3.0, 1.0], [1.0, 3.0]], dtype=torch.float64), torch.tensor([1.0, 1.0], dtype=torch.float64))
    >>> parts(torch.tensor([0])).round(decimals=9).tolist()
    [[[1.0, -1.0]]]
    """
    return parts_of(heights(sums, counts), waves(len(sums)))


def parts_of(heights: Tensor, waves: Tensor) -> Parts:
    """The functions sum_w waves[k, w, s] heights[k, w, c] of (s, c).

    Parameters
    ----------
    heights : Tensor (k, 2, c)
    waves : Tensor (k, 2, p)

    Returns
    -------
    callable
        From phases (s,) to their values there (s, k, c).

    Examples
    --------
    >>> parts_of(torch.tensor([[[2.0, 3.0], [0.0, 0.0]]]), torch.tensor([[[1.0, -1.0], [0.0, 0.0]]]))(torch.tensor([1])).tolist()
    [[[-2.0, -3.0]]]
    """
    return lambda phases: torch.einsum("kws,kwc->skc", waves[:, :, phases], heights)


def heights(sums: Tensor, counts: Tensor) -> Tensor:
    """The coefficients of cos and sin w_k(phase) in every output's logits, for k = 1 .. p // 2.

    Parameters
    ----------
    sums : Tensor (p, c)
        As from `cosines.phase_sums`.
    counts : Tensor (p,)
        The number of rows of each phase.

    Returns
    -------
    Tensor (p // 2, 2, c)

    Examples
    --------
    The logits (3, 1) at phase 0 and (1, 3) at phase 1 are 2 + (1, -1) and 2 - (1, -1); the wave is (1, -1) / sqrt 2.

    >>> found = heights(torch.tensor([[3.0, 1.0], [1.0, 3.0]], dtype=torch.float64), torch.tensor([1.0, 1.0], dtype=torch.float64))
    >>> found.square().round(decimals=9).tolist()
    [[[2.0, 2.0], [0.0, 0.0]]]
    """
    basis = waves(len(sums))
    overlaps = (basis * counts) @ basis.mT
    found: Tensor = torch.linalg.pinv(overlaps, hermitian=True, rtol=1e-12) @ (basis @ sums)
    return found


def waves(p: int) -> Tensor:
    """Cosine and sine of every frequency, of unit length; zeros for the sine of p / 2.

    Parameters
    ----------
    p : int

    Returns
    -------
    Tensor (p // 2, 2, p)

    Examples
    --------
    >>> waves(2).square().round(decimals=9).tolist()
    [[[0.5, 0.5], [0.0, 0.0]]]
    """
    padded = torch.zeros(2 * (p // 2), p, dtype=torch.float64)
    padded[: p - 1] = fourier.basis(p)[1:]
    return padded.view(p // 2, 2, p)


def _batches(phase: Tensor, classes: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Phases with equally many rows (s,), and these rows (s, rows)."""
    counts = torch.bincount(phase)
    order, starts = phase.argsort(stable=True), counts.cumsum(0) - counts
    for count in counts[counts > 0].unique().tolist():
        alike = torch.nonzero(counts == count)[:, 0]
        for phases in alike.split(max(1, ENTRIES_AT_ONCE // (count * classes))):
            yield phases, order[starts[phases, None] + torch.arange(count)]


def _losses(logits: Tensor, added: Tensor, labels: Tensor, precision: torch.dtype) -> Tensor:
    """Cross-entropy of logits (s, rows, c) + added (s, k, c) with labels (s, rows): (s, rows, k)."""
    top, highest = logits.amax(2, keepdim=True), added.amax(2, keepdim=True)
    totals = ((logits - top).to(precision).exp_() @ (added - highest).to(precision).exp_().mT).double()
    of_label = added.gather(2, labels[:, None].expand(-1, added.shape[1], -1)) - highest
    found = (totals.log() - of_label.mT).add_(top - logits.gather(2, labels[:, :, None]))
    if totals.min() >= LOST[precision]:
        return found
    for k in torch.nonzero((totals < LOST[precision]).any((0, 1)))[:, 0]:
        phases, rows = torch.nonzero(totals[:, :, k] < LOST[precision], as_tuple=True)
        found[phases, rows, k] = losses.per_example(logits[phases, rows] + added[phases, k], labels[phases, rows])
    return found
