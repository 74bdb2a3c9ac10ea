"""First-order losses without a part of the logits against the exact ones, and their bound."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mechgrok.maths.harmonic import cosines, exclusion, faint
from mechgrok.tasks.modular import Modular, Operation


def table(p: int, operation: Operation, scale: float) -> tuple[Tensor, Tensor, Tensor]:
    """Phases of the rows, rows of each phase, and logits whose frequencies are all present."""
    phase = torch.from_numpy(Modular(p=p, operation=operation).phase())
    logits = scale * torch.randn(p * p, p, generator=torch.Generator().manual_seed(p), dtype=torch.float64)
    return phase, torch.bincount(phase, minlength=p), logits


@pytest.mark.parametrize("scale", [1e-3, 0.1, 1.0, 5.0])
@pytest.mark.parametrize(("operation", "p"), [("add", 13), ("add-squares", 13), ("add", 8)])
def test_the_exact_loss_is_higher_by_less_than_the_bound(operation: Operation, p: int, scale: float) -> None:
    phase, counts, logits = table(p, operation, scale)
    labels, some = phase.flip(0), torch.arange(p * p) % 3 == 0
    sums = cosines.phase_sums(logits, phase, p)
    heights, waves = exclusion.heights(sums, counts), exclusion.waves(p)
    exact = exclusion.mean_losses(exclusion.Logits.of(logits), phase, labels, exclusion.parts_of(heights, waves), some[None])[0]
    before = torch.nn.functional.cross_entropy(logits[some], labels[some])
    softmax_sums = cosines.phase_sums(logits[some].softmax(1), phase[some], p)
    found = before + faint.increases(heights, waves, softmax_sums, phase[some], labels[some])
    assert (exact - found >= -1e-14).all()
    assert (exact - found <= faint.errors(heights, p) + 1e-14).all()
    assert (exact - before).abs().max() > 10 * (exact - found).abs().max() or scale > 0.1, "the first order is most of it"


def test_the_bound_is_that_of_the_amplitude() -> None:
    """P = 0.3 cos w_1 (s - c) on every row: range 0.6 over c, so 0.36 / 8."""
    p = 12
    difference = torch.arange(p)[:, None] - torch.arange(p)
    logits = 0.3 * torch.cos(2 * math.pi * difference.double() / p)
    heights = exclusion.heights(logits, torch.ones(p))
    assert faint.errors(heights, p).tolist() == pytest.approx([0.045, 0, 0, 0, 0, 0], abs=1e-14)
