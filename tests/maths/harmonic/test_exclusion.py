"""The losses of all exclusions at once against one exclusion after another, on tame and on wild logits."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.maths.harmonic import cosines, exclusion
from mechgrok.maths.landscape import losses
from mechgrok.tasks.modular import Modular, Operation

OPERATIONS: list[Operation] = ["add", "subtract", "add-squares"]
TABLES = [(operation, p) for operation in OPERATIONS for p in (2, 3, 5, 8, 13)]


def noise(rows: int, classes: int, seed: int = 0) -> Tensor:
    return torch.randn(rows, classes, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def one_by_one(logits: Tensor, phase: Tensor, labels: Tensor, parts: Tensor, masks: Tensor) -> np.ndarray:
    """Mean losses (sets, k) of logits less parts (s, k, c), by the definition."""
    per_row = [losses.per_example(logits - parts[phase, k], labels) for k in range(parts.shape[1])]
    return np.array([[row[mask].mean().item() for row in per_row] for mask in masks])


def of_task(p: int, operation: Operation) -> tuple[Tensor, Tensor]:
    """Phases of the rows of a table, and the rows of each phase."""
    phase = torch.from_numpy(Modular(p=p, operation=operation).phase())
    return phase, torch.bincount(phase, minlength=p)


def masks_of(rows: int) -> Tensor:
    some = torch.rand(rows, generator=torch.Generator().manual_seed(1)) < 0.4
    return torch.stack([torch.ones(rows, dtype=torch.bool), some, ~some])


@pytest.mark.parametrize(("operation", "p"), TABLES)
class TestEveryFrequency:
    @pytest.mark.parametrize("scale", [1.0, 40.0, 1e3])
    def test_it_is_one_exclusion_after_another(self, operation: Operation, p: int, scale: float) -> None:
        """At scale 1e3 nearly every product underflows, and is made another way."""
        phase, counts = of_task(p, operation)
        logits, masks = scale * noise(p * p, p), masks_of(p * p)
        sums = cosines.phase_sums(logits, phase, p)
        alone = torch.stack([cosines.phase_part(sums, counts, [k]) for k in range(1, p // 2 + 1)], dim=1)
        found = exclusion.mean_losses(exclusion.Logits.of(logits), phase, phase, exclusion.phase_parts(sums, counts), masks)
        assert found.numpy() == pytest.approx(one_by_one(logits, phase, phase, alone, masks), rel=1e-11)

    def test_the_parts_are_the_projections(self, operation: Operation, p: int) -> None:
        phase, counts = of_task(p, operation)
        sums = cosines.phase_sums(noise(p * p, p), phase, p)
        parts = exclusion.phase_parts(sums, counts)(torch.arange(p))
        present = counts > 0
        for k in range(1, p // 2 + 1):
            assert torch.allclose(parts[present, k - 1], cosines.phase_part(sums, counts, [k])[present], atol=1e-12)


@pytest.mark.parametrize("scale", [1e-3, 10.0, 1e3])
def test_any_parts_and_labels_that_do_not_follow_the_phase(scale: float) -> None:
    p = 11
    phase = torch.from_numpy(np.random.default_rng(0).integers(0, 9, p * p))
    labels = torch.from_numpy(np.random.default_rng(1).integers(0, p, p * p))
    logits, parts, masks = scale * noise(p * p, p), scale * noise(p * 4, p, 2).view(p, 4, p), masks_of(p * p)
    found = exclusion.mean_losses(exclusion.Logits.of(logits), phase, labels, lambda phases: parts[phases], masks)
    assert found.numpy() == pytest.approx(one_by_one(logits, phase, labels, parts, masks), rel=1e-11)


def test_only_some_of_the_sums_underflow() -> None:
    """Row 0 answers class 0 by 2000, and what is taken is 2000 at class 0: what is left is class 1 by 5, far below the scaled sum."""
    logits = torch.tensor([[2000.0, 5.0, 0.0], [1.0, 2.0, 3.0]], dtype=torch.float64)
    parts = torch.tensor([[[2000.0, 0.0, 0.0], [0.0, 0.0, 0.0]]], dtype=torch.float64)
    zero = torch.zeros(2, dtype=torch.long)
    found = exclusion.mean_losses(exclusion.Logits.of(logits), zero, zero, lambda phases: parts[phases], torch.eye(2, dtype=torch.bool))
    assert found[0].tolist() == pytest.approx([math.log(2 + math.exp(5)), 0.0], abs=1e-12)
    shifted = [math.log(math.exp(-1999) + math.exp(2) + math.exp(3)) + 1999, math.log(math.e + math.exp(2) + math.exp(3)) - 1]
    assert found[1].tolist() == pytest.approx(shifted, rel=1e-13)


def test_no_rows_have_no_loss() -> None:
    phase = torch.arange(3)
    masks = torch.tensor([[False] * 3, [True] * 3])
    found = exclusion.mean_losses(
        exclusion.Logits.of(torch.zeros(3, 3)), phase, phase, lambda phases: torch.zeros(len(phases), 1, 3), masks
    )
    assert math.isnan(found[0, 0])
    assert found[1, 0].item() == pytest.approx(math.log(3), rel=1e-15)


def test_batches_hold_every_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    p = 13
    phase, counts = of_task(p, "add-squares")
    logits, masks = noise(p * p, p), masks_of(p * p)
    parts = exclusion.phase_parts(cosines.phase_sums(logits, phase, p), counts)
    at_once = exclusion.mean_losses(exclusion.Logits.of(logits), phase, phase, parts, masks)
    monkeypatch.setattr(exclusion, "ENTRIES_AT_ONCE", 2 * int(counts.min()) * p)
    assert torch.allclose(exclusion.mean_losses(exclusion.Logits.of(logits), phase, phase, parts, masks), at_once, rtol=1e-13)
