"""Losses that are not finite are noticed later, with their step and value."""

from __future__ import annotations

import math

import torch

from mechgrok.training.evaluation.finite import FiniteUpdates


def test_updates_are_counted_until_the_first_loss_that_is_not_finite() -> None:
    finite = FiniteUpdates(torch.zeros(3, dtype=torch.float64))
    for losses in ([3.0, 2.0, 1.0], [2.5, math.inf, 0.5], [2.0, 1.0, 0.25], [1.5, math.nan, math.nan], [1.0, 1.0, 1.0]):
        finite.add(torch.tensor(losses, dtype=torch.float64))
    assert finite.counts().tolist() == [5, 1, 3]
    assert finite.losses()[:2].tolist() == [1.0, math.inf]
    assert finite.losses()[2].isnan()


def test_one_run_has_no_axis_of_runs() -> None:
    finite = FiniteUpdates(torch.zeros(()))
    for loss in (1.0, math.nan, 1.0):
        finite.add(torch.tensor(loss))
    assert int(finite.counts()) == 1
    assert math.isnan(finite.losses().item())
