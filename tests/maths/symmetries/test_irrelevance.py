"""Spreads within groups, in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mechgrok.maths.symmetries.irrelevance import mean_spread_within, top_wrong


def test_it_is_the_mean_of_population_deviations_over_that_of_all() -> None:
    values, groups = np.array([1.0, 3.0, 10.0, 14.0, 0.0, 6.0]), np.array([0, 0, 1, 1, 2, 2])
    expected = np.mean([1.0, 2.0, 3.0]) / values.std()
    assert mean_spread_within(torch.from_numpy(values), torch.from_numpy(groups)) == pytest.approx(expected, rel=1e-14)


def test_what_the_group_decides_gives_zero_and_what_it_does_not_one() -> None:
    groups, place = torch.arange(20) // 4, torch.arange(20) % 4
    assert mean_spread_within(3.0 * groups.double(), groups) == 0
    assert mean_spread_within(place.double(), groups) == pytest.approx(1, rel=1e-14)


def test_equal_values_have_no_ratio() -> None:
    assert math.isnan(mean_spread_within(torch.full((6,), 0.1, dtype=torch.float64), torch.arange(6) % 2))


def test_top_wrong_leaves_the_label_out_and_the_logits_alone() -> None:
    logits = torch.tensor([[5.0, 1.0, 2.0], [5.0, 1.0, 2.0], [-1.0, -3.0, -2.0]])
    before = logits.clone()
    assert top_wrong(logits, torch.tensor([0, 1, 0])).tolist() == [2, 5, -2]
    assert torch.equal(logits, before)


@pytest.mark.parametrize("value", [-1e9 / 3, -1 / 3, 1e-9 / 3, 1e9 / 3])
def test_the_unit_and_the_sign_of_equal_values_do_not_matter(value: float) -> None:
    groups = torch.arange(21) % 3
    assert math.isnan(mean_spread_within(torch.full((21,), value, dtype=torch.float64), groups))
    assert mean_spread_within(value * groups.double(), groups) == pytest.approx(0, abs=1e-7)
    assert mean_spread_within(value * (torch.arange(21) // 3).double(), groups) == pytest.approx(1, abs=1e-9)
