"""The Gini coefficient: closed forms, the definition as a mean difference, and the laws of Hurley and Rickard 2009."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mechgrok.maths.statistics.concentration import gini

positive = st.lists(st.floats(0.01, 100), min_size=2, max_size=30)


def of(values: list[float]) -> float:
    return gini(torch.tensor(values, dtype=torch.float64))


@pytest.mark.parametrize("n", [2, 3, 56, 112])
def test_closed_forms(n: int) -> None:
    assert of([3.0] * n) == pytest.approx(0, abs=1e-15)
    assert of([0.0] * (n - 1) + [2.0]) == pytest.approx(1 - 1 / n, rel=1e-14)
    assert of([float(i) for i in range(1, n + 1)]) == pytest.approx((n - 1) / (3 * n), rel=1e-13)
    assert of([float(i * i) for i in range(1, n + 1)]) == pytest.approx((n * n - 1) / (n * (2 * n + 1)), rel=1e-13)


def test_n_equal_values_among_zeros() -> None:
    """m equal values among n: 1 - m / n. Key frequencies of equal power have this value."""
    assert of([1.0] * 5 + [0.0] * 51) == pytest.approx(1 - 5 / 56, rel=1e-14)


def test_one_value_and_none_to_speak_of() -> None:
    assert of([4.0]) == 0
    assert math.isnan(of([0.0, 0.0]))


def test_float32_values_of_any_shape() -> None:
    assert gini(torch.tensor([[0, 0], [0, 1]], dtype=torch.float32)) == 0.75


@settings(deadline=None)
@given(positive)
def test_it_is_the_mean_difference_over_twice_the_mean(values: list[float]) -> None:
    n, mean = len(values), sum(values) / len(values)
    difference = sum(abs(x - y) for x in values for y in values) / n**2
    assert of(values) == pytest.approx(difference / (2 * mean), rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(positive, st.floats(1e-3, 1e3), st.randoms())
def test_scale_order_and_copies_change_nothing(values: list[float], scale: float, random) -> None:
    shuffled = random.sample(values, len(values))
    assert of([scale * x for x in shuffled]) == pytest.approx(of(values), rel=1e-9, abs=1e-12)
    assert of(values + values) == pytest.approx(of(values), rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(positive, st.floats(0.1, 10))
def test_adding_the_same_to_all_makes_it_less_sparse(values: list[float], amount: float) -> None:
    assume(of(values) > 1e-6)
    assert of([x + amount for x in values]) < of(values)


@settings(deadline=None)
@given(positive, st.floats(0.1, 0.9))
def test_taking_from_the_rich_makes_it_less_sparse(values: list[float], share: float) -> None:
    poor, *middle, rich = sorted(values)
    assume(rich - poor > 1e-3)
    taken = share * (rich - poor) / 2
    assert of([poor + taken, *middle, rich - taken]) < of(values)


@settings(deadline=None)
@given(positive)
def test_another_zero_makes_it_sparser(values: list[float]) -> None:
    assert of([*values, 0.0]) > of(values)
