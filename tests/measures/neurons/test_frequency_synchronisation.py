"""frequency-synchronisation of planted neurons."""

from __future__ import annotations

import math

import pytest
import torch
from planted import Planted, measured, table

from mechgrok.maths.statistics.largest_cell import expected_largest
from mechgrok.measures.neurons.frequency_synchronisation import FrequencySynchronisation

P = 11
A, B = table(P).operands.T


def wave(k: int, phase: float = 0.0) -> torch.Tensor:
    return torch.cos(2 * math.pi * (k * (A + B) % P).double() / P + phase)


def neurons(*columns: torch.Tensor) -> Planted:
    return Planted(table(P), neurons=torch.stack(columns, 1))


def test_shares_and_ranks_of_planted_waves() -> None:
    """Three of five neurons at 2; one has powers 16 : 9 : 1 at 4, 1, 2, of which two hold 90 %; constants and a - b do not count."""
    mixed = 4 * wave(4) + 3 * wave(1, 1.0) + wave(2)
    other = torch.cos(2 * math.pi * ((A - B) % P).double() / P)
    found = measured(
        FrequencySynchronisation(), neurons(wave(2), 9 + wave(2, 0.5), 1e-6 * wave(2), wave(5), mixed, torch.ones(P * P), other)
    )
    assert (found.table["neurons"][0], found.headline["frequency"], found.table["share"][0]) == (5, 2, 0.6)
    chance = expected_largest(5, 5) / 5
    assert found.headline["synchronisation"] == pytest.approx((0.6 - chance) / (1 - chance))
    assert found.headline["fourier_rank"] == pytest.approx((4 * 1 + 2) / 5)
    assert measured(FrequencySynchronisation(power=0.97), neurons(mixed)).headline["fourier_rank"] == 3


def test_all_agree_or_none_does() -> None:
    agreed = [wave(3, phase) for phase in range(20)]
    assert measured(FrequencySynchronisation(), neurons(*agreed)).headline["synchronisation"] == pytest.approx(1)
    each = [wave(k) for k in range(1, 6)]
    assert measured(FrequencySynchronisation(), neurons(*each)).headline["synchronisation"] < 0


def test_independent_neurons_have_none_on_average() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = [
        measured(FrequencySynchronisation(), neurons(*(wave(int(k)) for k in torch.randint(1, 6, (8,), generator=generator)))).headline[
            "synchronisation"
        ]
        for _ in range(300)
    ]
    assert sum(drawn) / len(drawn) == pytest.approx(0, abs=0.03)


def test_constant_neurons_have_no_frequency() -> None:
    found = measured(FrequencySynchronisation(), neurons(torch.full((P * P,), 1000 / 3, dtype=torch.float64)))
    assert set(found.missing) == {"synchronisation", "fourier_rank", "frequency"}
