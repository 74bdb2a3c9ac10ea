"""Losses of logits from which one function of (phase, c) after another is taken, all of them at little more than the price of one.

With P_k[s, c] what is taken from the rows of phase s, sum_c exp(L[n, c] - P_k[s, c]) is a product of exp L (rows of phase s, c) with
exp(-P_k) (c, k). Both are scaled to a largest entry of 1. What underflows all the same is computed from its own log-softmax.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier
from mechgrok.maths.landscape import losses

Parts = Callable[[Tensor], Tensor]
"""From some phases (s,) to what is taken there (s, k, c)."""

ENTRIES_AT_ONCE = 2**17
"""Logits in one product: few enough to stay in the processor's cache, and to leave memory alone."""
LOST = 1e-290
"""Sums below it may have lost digits: each factor that underflowed leaves an error of at most 1e-308."""


def mean_losses(logits: Tensor, phase: Tensor, labels: Tensor, parts: Parts, masks: Tensor) -> Tensor:
    """Mean cross-entropy of logits[n] - parts[phase n, k] over some sets of rows, in nats, for every k: (sets, k) float64.

    logits (n, c), phase (n,), labels (n,), masks (sets, n) of booleans. NaN over no rows.
    """
    weights = masks.double() / masks.sum(1, keepdim=True)
    return torch.stack(
        [
            weights[:, rows.flatten()] @ _losses(logits[rows].double(), -parts(phases).double(), labels[rows]).flatten(0, 1)
            for phases, rows in _batches(phase, logits.shape[1])
        ]
    ).sum(0)


def phase_parts(sums: Tensor, counts: Tensor) -> Parts:
    """`cosines.phase_part` of every frequency by itself, k = 1 .. p // 2: the projection of each output's logits on cos, sin w_k(phase).

    sums (p, p) from `cosines.phase_sums`, counts (p,) the rows of each phase.
    """
    waves = _waves(len(sums))
    overlaps = (waves * counts) @ waves.mT
    heights = torch.linalg.pinv(overlaps, hermitian=True, rtol=1e-12) @ (waves @ sums)
    return lambda phases: torch.einsum("kws,kwc->skc", waves[:, :, phases], heights)


def _waves(p: int) -> Tensor:
    """Cosine and sine of every frequency (p // 2, 2, p); zeros for the sine of p / 2."""
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


def _losses(logits: Tensor, added: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of logits (s, rows, c) + added (s, k, c) with labels (s, rows): (s, rows, k)."""
    top, highest = logits.amax(2, keepdim=True), added.amax(2, keepdim=True)
    totals = (logits - top).exp_() @ (added - highest).exp_().mT
    of_label = added.gather(2, labels[:, None].expand(-1, added.shape[1], -1)) - highest
    found = (totals.log() - of_label.mT).add_(top - logits.gather(2, labels[:, :, None]))
    if totals.min() >= LOST:
        return found
    for k in torch.nonzero((totals < LOST).any((0, 1)))[:, 0]:
        phases, rows = torch.nonzero(totals[:, :, k] < LOST, as_tuple=True)
        found[phases, rows, k] = losses.per_example(logits[phases, rows] + added[phases, k], labels[phases, rows])
    return found
