"""The Gini coefficient and the concentration of powers: closed forms, definitions, and the laws of Hurley and Rickard 2009."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mechgrok.maths.statistics.concentration import gini, inverse_participation, participation_number, spectral_entropy, top_share

positive = st.lists(st.floats(0.01, 100), min_size=2, max_size=30)
powers = st.lists(st.floats(0.01, 100), min_size=1, max_size=30)


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


def equal(m: int, n: int) -> torch.Tensor:
    """m equal powers among n."""
    return torch.tensor([3.0] * m + [0.0] * (n - m), dtype=torch.float64)


@pytest.mark.parametrize(("m", "n"), [(1, 56), (5, 56), (56, 56), (1, 1)])
def test_equal_powers(m: int, n: int) -> None:
    values = equal(m, n)
    assert spectral_entropy(values) == pytest.approx(math.log(m), abs=1e-14)
    assert participation_number(values) == pytest.approx(m, rel=1e-14)
    assert top_share(values, 5) == pytest.approx(min(5, m) / m, rel=1e-14)
    assert inverse_participation(values, 2).item() == pytest.approx(1 / m, rel=1e-14)
    assert inverse_participation(values, 3).item() == pytest.approx(m**-2, rel=1e-14)


def test_unequal_powers_by_hand() -> None:
    """q = 1/2, 1/4, 1/4: entropy 3/2 log 2, sum q^2 = 3/8. Order is nothing."""
    values = torch.tensor([1.0, 2.0, 1.0])
    assert spectral_entropy(values) == pytest.approx(1.5 * math.log(2), rel=1e-14)
    assert participation_number(values) == pytest.approx(8 / 3, rel=1e-14)
    assert [top_share(values, top) for top in (1, 2, 3, 9)] == [0.5, 0.75, 1, 1]


def test_amplitudes_are_squared_once() -> None:
    """Amplitudes 1 and 2 are powers 1 and 4: (|x|_4 / |x|_2)^4 = 17 / 25, where amplitudes taken for powers would give 5 / 9."""
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    found = inverse_participation(x.square(), 2).item()
    assert found == pytest.approx((x.norm(p=4) / x.norm()).item() ** 4, rel=1e-14)
    assert found == pytest.approx(17 / 25, rel=1e-14)
    assert inverse_participation(x, 2).item() == pytest.approx(5 / 9, rel=1e-14)


def test_columns_are_apart() -> None:
    both = torch.stack([equal(1, 4), equal(4, 4), torch.zeros(4)], dim=1)
    found = inverse_participation(both, 2)
    assert found[:2].tolist() == [1, 0.25]
    assert found[2].isnan()


def test_nothing_is_concentrated_nowhere() -> None:
    nothing = torch.zeros(3)
    assert all(math.isnan(value) for value in (spectral_entropy(nothing), participation_number(nothing), top_share(nothing, 1)))


@settings(deadline=None)
@given(powers, st.floats(1e-3, 1e3))
def test_scale_is_nothing_and_bounds_hold(values: list[float], scale: float) -> None:
    """exp H and 1 / sum q^2 are effective numbers: 1 <= N_2 <= N_1 <= n."""
    found = torch.tensor(values, dtype=torch.float64)
    entropy, number = spectral_entropy(found), participation_number(found)
    assert spectral_entropy(scale * found) == pytest.approx(entropy, abs=1e-12)
    assert 1 - 1e-12 <= number <= math.exp(entropy) * (1 + 1e-12) <= len(values) * (1 + 2e-12)


def test_single_precision_is_only_that_of_the_entries() -> None:
    entries = torch.rand(1000, generator=torch.Generator().manual_seed(0))
    for statistic in (lambda x: top_share(x, 300), spectral_entropy, participation_number):
        assert statistic(entries) == statistic(entries.double())
