"""Concentration of powers: closed forms, and how the numbers hang together."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mechgrok.maths.statistics.concentration import inverse_participation, participation_number, spectral_entropy, top_share

powers = st.lists(st.floats(0.01, 100), min_size=1, max_size=30)


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
