"""Families of 2-D modes against the complex transform, and what the controls keep and change."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.maths.harmonic import families, fourier


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def family(k: int, m: int, p: int) -> str:
    """Of exp i(w_k a + w_m b)."""
    if k == m == 0:
        return "constant"
    if m == 0:
        return "a alone"
    if k == 0:
        return "b alone"
    return "sum" if k == m else "difference" if k == p - m else "other"


def masks(p: int) -> dict[str, np.ndarray]:
    named = np.array([[family(k, m, p) for m in range(p)] for k in range(p)])
    return {name: named == name for name in families.FAMILIES}


@pytest.mark.parametrize("p", [2, 3, 4, 7, 8])
class TestAgainstTheComplexTransform:
    def test_parts(self, p: int) -> None:
        values = noise(p * p, 3)
        spectrum = np.fft.fft2(values.view(p, p, 3).numpy(), axes=(0, 1))
        for name, part in families.parts(values).items():
            expected = np.fft.ifft2(spectrum * masks(p)[name][:, :, None], axes=(0, 1)).real.reshape(p * p, 3)
            assert part.values.numpy() == pytest.approx(expected, abs=1e-12), name
            assert part.energy == pytest.approx((expected**2).sum(), abs=1e-12), name

    def test_sizes(self, p: int) -> None:
        assert families.sizes(p) == {name: int(mask.sum()) for name, mask in masks(p).items()}

    def test_shares(self, p: int) -> None:
        values = noise(p * p, 3)
        found = families.parts(values)
        shares = families.shares(found, values - sum(part.values for part in found.values()))
        power = (np.abs(np.fft.fft2(values.view(p, p, 3).numpy(), axes=(0, 1))) ** 2).sum(2)
        expected = {name: power[mask].sum() / power.sum() for name, mask in masks(p).items()}
        assert shares == pytest.approx(expected, abs=1e-12)
        assert sum(shares.values()) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("p", [4, 7])
class TestRandomModes:
    def test_they_are_as_many_as_asked_and_none_is_constant(self, p: int) -> None:
        generator = np.random.default_rng(0)
        for size in (0, 1, p - 1, p * p - 1):
            mask = families.random_modes(p, size, generator)
            assert int(mask.sum()) == size
            assert not mask[0, 0]

    def test_all_modes_are_the_values_without_their_mean(self, p: int) -> None:
        values = noise(p * p, 5)
        everything = families.random_modes(p, p * p - 1, np.random.default_rng(0))
        found = families.part_of_modes(families.transformed(values), everything)
        assert torch.allclose(found, values - values.mean(0), atol=1e-12)

    def test_modes_and_the_others_are_orthogonal_parts(self, p: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(families, "CLASSES_AT_ONCE", 2)
        values, mask = noise(p * p, 5), families.random_modes(p, p, np.random.default_rng(1))
        coefficients = families.transformed(values)
        part, rest = families.part_of_modes(coefficients, mask), families.part_of_modes(coefficients, ~mask)
        assert torch.allclose(part + rest, values, atol=1e-12)
        assert (part * rest).sum().item() == pytest.approx(0, abs=1e-11)
        assert np.linalg.matrix_rank(families.part_of_modes(families.transformed(noise(p * p, p * p)), mask).numpy()) == p


class TestScrambling:
    def waves(self, p: int, k: int, m: int) -> Tensor:
        """cos(w_k s - w_m c)."""
        s, c = torch.arange(p)[:, None], torch.arange(p)
        return torch.cos(2 * math.pi * ((k * s - m * c) % p).double() / p)

    @pytest.mark.parametrize("p", [7, 8, 13])
    def test_a_relocated_cosine_is_that_of_another_frequency(self, p: int) -> None:
        for seed in range(5):
            for k in range(1, (p + 1) // 2):
                found = families.relocated(self.waves(p, k, k), np.random.default_rng(seed))
                assert found is not None
                hits = [m for m in range(1, (p + 1) // 2) if torch.allclose(found, self.waves(p, m, k), atol=1e-12)]
                assert len(hits) == 1
                assert hits != [k]

    def test_no_two_frequencies_go_to_the_same_place_and_mean_and_alternation_stay(self) -> None:
        table = noise(8, 5)
        found = families.relocated(table, np.random.default_rng(0))
        assert found is not None
        before, after = (fourier.coefficients(each).square().sum(1) for each in (table, found))
        assert (after[0], after[-1]) == (pytest.approx(before[0].item()), pytest.approx(before[-1].item()))
        assert sorted(after.tolist()) == pytest.approx(sorted(before.tolist()), rel=1e-12)

    @pytest.mark.parametrize("p", [2, 3, 4])
    def test_one_frequency_has_nowhere_to_go(self, p: int) -> None:
        assert families.relocated(noise(p, p), np.random.default_rng(0)) is None

    @pytest.mark.parametrize("p", [2, 3, 7, 8])
    def test_random_phases_keep_the_power_of_every_output_at_every_frequency(self, p: int) -> None:
        table = noise(p, 4)
        found = families.randomised(table, np.random.default_rng(1))
        for output in range(4):
            assert fourier.power(found[:, [output]]).tolist() == pytest.approx(fourier.power(table[:, [output]]).tolist(), rel=1e-11)
        assert found.mean(0).tolist() == pytest.approx(table.mean(0).tolist(), abs=1e-13)

    def test_a_phase_is_one_shift_of_all_outputs(self) -> None:
        """cos(w_3 s - w_3 c) becomes cos(w_3 s + theta - w_3 c) with one theta."""
        p = 11
        found = families.randomised(self.waves(p, 3, 3), np.random.default_rng(2))
        theta = np.random.default_rng(2).uniform(0, 2 * math.pi, 5)[2]
        s, c = torch.arange(p)[:, None], torch.arange(p)
        expected = torch.cos(2 * math.pi * (3 * (s - c) % p).double() / p + theta)
        assert torch.allclose(found, expected, atol=1e-12)
        assert not torch.allclose(found, self.waves(p, 3, 3), atol=1e-2)


@pytest.mark.parametrize("p", [5, 6])
def test_two_frequencies_trade_places(p: int) -> None:
    """Two are enough: each has only the other's place to go to."""
    table = torch.cos(2 * math.pi * torch.arange(p).double() / p)[:, None]
    moved = families.relocated(table, np.random.default_rng(0))
    assert moved is not None
    assert fourier.power(moved).tolist() == pytest.approx(fourier.power(table).roll(1).tolist()[:2] + [0] * (p // 2 - 2), abs=1e-12)


def test_the_alternating_wave_keeps_its_size_and_has_either_sign() -> None:
    alternation = torch.tensor([[1.0], [-1.0]], dtype=torch.float64).repeat(3, 1)
    found = [families.randomised(alternation, np.random.default_rng(seed)) / alternation for seed in range(20)]
    assert all(torch.allclose(each.abs(), torch.ones_like(each), atol=1e-12) for each in found)
    assert {round(each[0].item()) for each in found} == {-1, 1}
