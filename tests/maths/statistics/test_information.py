"""Entropies and divergences of counts: closed forms and laws."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mechgrok.maths.statistics.information import divergence, entropy

counts = st.lists(st.integers(1, 50), min_size=4, max_size=4)


def test_closed_forms() -> None:
    assert entropy(torch.tensor([3, 3, 3, 0])).item() == pytest.approx(math.log(3), rel=1e-14)
    assert entropy(torch.tensor([0, 9])).item() == 0
    assert divergence(torch.tensor([1, 1]), torch.tensor([1, 3])).item() == pytest.approx(math.log(2) - math.log(3) / 2, rel=1e-13)


def test_which_way_round() -> None:
    few, many = torch.tensor([1, 0]), torch.tensor([1, 1])
    assert divergence(few, many).item() == pytest.approx(math.log(2), rel=1e-14)
    assert divergence(many, few).item() == math.inf
    assert divergence(few, few).item() == 0


def test_nothing_counted() -> None:
    assert math.isnan(entropy(torch.tensor([0, 0])))
    assert math.isnan(divergence(torch.tensor([1, 1]), torch.tensor([0, 0])))


def test_every_row_is_a_distribution() -> None:
    rows = torch.tensor([[1, 1], [0, 5]])
    assert entropy(rows).tolist() == pytest.approx([math.log(2), 0], rel=1e-14)
    assert divergence(rows, torch.tensor([2, 2])).tolist() == pytest.approx([0, math.log(2)], abs=1e-15)


@settings(deadline=None)
@given(counts, counts)
def test_divergence_is_cross_entropy_less_entropy_and_never_negative(left: list[int], right: list[int]) -> None:
    q, other = ([count / sum(row) for count in row] for row in (left, right))
    cross = -sum(a * math.log(b) for a, b in zip(q, other, strict=True))
    found = divergence(torch.tensor(left), torch.tensor(right)).item()
    assert found == pytest.approx(cross - entropy(torch.tensor(left)).item(), abs=1e-12)
    assert found >= -1e-15
