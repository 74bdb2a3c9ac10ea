"""Elements in the order of a frequency, and the arcs that sets of them form."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from waves import wave

from mechgrok.maths.algebra.arcs import arcs, at_frequency_one


@pytest.mark.parametrize(("n", "f"), [(13, 5), (12, 5), (12, 3), (12, 4), (15, 6)])
def test_a_wave_becomes_one_of_frequency_one(n: int, f: int) -> None:
    shared = math.gcd(f, n)
    assert at_frequency_one(wave(n, f, 0.3), f).tolist() == pytest.approx(wave(n // shared, 1, 0.3).tolist(), abs=1e-12)


def test_elements_of_a_coset_share_their_mean() -> None:
    """Modulo 6, frequency 2: the place of a is a modulo 3."""
    values = torch.arange(6, dtype=torch.float64) ** 2
    assert at_frequency_one(values, 2).tolist() == [(0 + 9) / 2, (1 + 16) / 2, (4 + 25) / 2]


def test_arcs_are_runs_of_a_circle() -> None:
    for inside in itertools.product([False, True], repeat=6):
        turned = list(inside[-1:]) + list(inside[:-1])
        runs = [key for key, _ in itertools.groupby(inside)]
        expected = sum(runs) - (len(runs) > 1 and inside[0] and inside[-1]) if not all(inside) else 0
        assert int(arcs(torch.tensor(inside))) == int(arcs(torch.tensor(turned))) == expected
