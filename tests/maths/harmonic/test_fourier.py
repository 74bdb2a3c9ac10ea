"""The Fourier basis and its powers against definitions written out, numpy's complex transforms, and neurons with known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mechgrok.maths.harmonic import fourier

MODULI = [2, 3, 4, 7, 8, 12, 113]
SMALL = [2, 3, 4, 5, 8, 9]


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def wave(p: int, k: int, numbers: np.ndarray, phase: float = 0.0) -> Tensor:
    """cos(2 pi k t / p + phase) for integers t."""
    return torch.from_numpy(np.cos(2 * np.pi * (k * numbers % p) / p + phase))


def grid(p: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(p)[:, None], np.arange(p)[None, :]


def explained(neuron: Tensor) -> list[float]:
    power, total = fourier.grid_power(neuron.unsqueeze(-1))
    return (power / total)[:, 0].tolist()


@pytest.mark.parametrize("p", MODULI)
class TestBasis:
    def test_it_is_square_and_orthonormal(self, p: int) -> None:
        F = fourier.basis(p)
        assert F.dtype == torch.float64
        assert torch.allclose(F @ F.T, torch.eye(p, dtype=torch.float64), atol=1e-13, rtol=0)

    def test_its_rows_are_const_then_cosine_and_sine_by_turns(self, p: int) -> None:
        expected = [[1 / math.sqrt(p)] * p]
        for k in range(1, (p + 1) // 2):
            expected += [[math.sqrt(2 / p) * f(2 * math.pi * k * t / p) for t in range(p)] for f in (math.cos, math.sin)]
        if p % 2 == 0:
            expected.append([(-1) ** t / math.sqrt(p) for t in range(p)])
        assert fourier.basis(p).numpy() == pytest.approx(np.array(expected), abs=1e-12)

    def test_frequencies_reach_half_of_p(self, p: int) -> None:
        """Trap 2: the published code stops before p // 2; C113_T_seed1 has the key frequency 56 = 113 // 2."""
        assert list(fourier.frequencies(p))[-1] == p // 2
        assert len(fourier.frequencies(p)) == p // 2
        assert set(fourier.row_frequency(p).tolist()) == {0, *fourier.frequencies(p)}

    def test_the_rows_of_the_frequencies_are_all_but_the_constant(self, p: int) -> None:
        rows = [row for k in fourier.frequencies(p) for row in range(p)[fourier.rows_of(k, p)]]
        assert rows == list(range(1, p))
        assert all(fourier.row_frequency(p)[fourier.rows_of(k, p)].eq(k).all() for k in fourier.frequencies(p))


@pytest.mark.parametrize(("p", "k"), [(113, 56), (113, 40), (997, 498), (997, 331)])
def test_angles_are_those_of_the_first_frequency_in_another_order(p: int, k: int) -> None:
    """k t mod p runs over 0 .. p - 1, so the two sets of floats are the same to the last bit; they are not where k t is divided first."""
    assert set(fourier.angles(p, k).tolist()) == set(fourier.angles(p, 1).tolist())
    assert fourier.angles(p, k)[:3].tolist() == [2 * math.pi * (k * t % p) / p for t in range(3)]
    naive = torch.remainder(2 * math.pi * k / p * torch.arange(p, dtype=torch.float64), 2 * math.pi)
    assert set(naive.tolist()) != set(fourier.angles(p, 1).tolist())


def test_cosines_of_float32_angles_would_be_visibly_wrong() -> None:
    p, k = 113, 56
    exact = [math.cos(2 * math.pi * (k * t % p) / p) for t in range(p)]
    assert torch.cos(fourier.angles(p, k)).tolist() == pytest.approx(exact, abs=1e-15)
    single = torch.cos(2 * math.pi * k * torch.arange(p, dtype=torch.float32) / p)
    assert (single.double() - torch.tensor(exact, dtype=torch.float64)).abs().max() > 1e-6


@given(p=st.integers(2, 40), width=st.integers(1, 4), seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=40)
def test_parseval(p: int, width: int, seed: int) -> None:
    x = noise(p, width, seed=seed)
    assert fourier.coefficients(x).square().sum(0).tolist() == pytest.approx(x.square().sum(0).tolist(), rel=1e-12)
    around_the_mean = (x - x.mean(0)).square().sum().item()
    assert fourier.power(x).sum().item() == pytest.approx(around_the_mean, rel=1e-11, abs=1e-12)


def test_coefficients_undo_a_sum_of_basis_rows() -> None:
    """Raw cosines, of norm sqrt(p / 2), would give 3 p / 2 (trap 3)."""
    F = fourier.basis(7)
    found = fourier.coefficients((3 * F[1] - 2 * F[6]).unsqueeze(1).float())
    assert found.dtype == torch.float64
    assert found[:, 0].tolist() == pytest.approx([0, 3, 0, 0, 0, 0, -2], abs=1e-6)


@given(p=st.integers(2, 40), seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=40)
def test_power_against_the_complex_transform(p: int, seed: int) -> None:
    """|cos|^2 + |sin|^2 = 2 |X_k|^2 / p, and |X_k|^2 / p for k = p / 2, which has no sine."""
    x = noise(p, 3, seed=seed)
    squares = (np.abs(np.fft.rfft(x.numpy(), axis=0)) ** 2).sum(1)[1:]
    twice = np.array([1 if 2 * k == p else 2 for k in range(1, p // 2 + 1)])
    assert fourier.power(x).numpy() == pytest.approx(twice * squares / p, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("p", SMALL)
class TestGridPower:
    def test_against_explicit_products_of_basis_rows(self, p: int) -> None:
        values = noise(p, p, 4)
        squares = (np.kron(fourier.basis(p), fourier.basis(p)) @ values.reshape(p * p, 4).numpy()) ** 2
        power, total = fourier.grid_power(values)
        for k in range(1, p // 2 + 1):
            block = [0, 2 * k - 1] + ([2 * k] if 2 * k < p else [])
            cells = [i * p + j for i in block for j in block if (i, j) != (0, 0)]
            assert len(cells) == (3 if 2 * k == p else 8)
            assert power[k - 1].numpy() == pytest.approx(squares[cells].sum(0), rel=1e-11)
        assert total.numpy() == pytest.approx(squares[1:].sum(0), rel=1e-11)

    def test_against_the_complex_transform(self, p: int) -> None:
        values = noise(p, p, 3, seed=1)
        squares = np.abs(np.fft.fft2(values.numpy(), axes=(0, 1))) ** 2 / p**2
        squares[0, 0] = 0
        power, total = fourier.grid_power(values)
        for k in range(1, p // 2 + 1):
            block = sorted({0, k, -k % p})
            assert power[k - 1].numpy() == pytest.approx(squares[np.ix_(block, block)].sum((0, 1)), rel=1e-11)
        assert total.numpy() == pytest.approx(squares.sum((0, 1)), rel=1e-11)

    def test_energy_is_that_around_each_neurons_own_mean(self, p: int) -> None:
        """A constant of any size changes nothing (trap 5)."""
        values = noise(p, p, 2)
        power, total = fourier.grid_power(values)
        shifted, shifted_total = fourier.grid_power(values + torch.tensor([5.0, -40.0]))
        assert shifted.numpy() == pytest.approx(power.numpy(), abs=1e-9)
        assert shifted_total.numpy() == pytest.approx(total.numpy(), abs=1e-9)
        assert total.numpy() == pytest.approx((values - values.mean((0, 1))).square().sum((0, 1)).numpy(), rel=1e-11)


@pytest.mark.parametrize(("p", "k"), [(5, 1), (8, 3), (8, 4), (113, 1), (113, 37), (113, 56)])
def test_a_neuron_of_one_frequency_is_explained_whole(p: int, k: int) -> None:
    a, b = grid(p)
    neurons = {
        "sum": wave(p, k, a + b, 0.3),
        "difference": wave(p, k, a - b, 0.3),
        "product": wave(p, k, a, 0.7) * wave(p, k, b, -0.2),
        "a alone": wave(p, k, a, 0.4).expand(p, p),
        "b alone": wave(p, k, b, 0.4).expand(p, p),
        "quadratic": (wave(p, k, a, 0.3) + wave(p, k, b, 0.3) + 3) ** 2 - wave(p, k, a, 0.3) ** 2 - wave(p, k, b, 0.3) ** 2,
    }
    for name, neuron in neurons.items():
        shares = explained(neuron)
        assert shares[k - 1] == pytest.approx(1, abs=1e-12), name
        if name in ("sum", "difference"):
            assert sum(shares) == pytest.approx(1, abs=1e-12), name


def test_half_of_p_is_not_skipped() -> None:
    """Trap 2: without k = p // 2 the best frequency of this neuron would be another one, with nothing explained."""
    a, b = grid(113)
    shares = explained(wave(113, 56, a + b))
    assert int(np.argmax(shares)) + 1 == 56
    assert max(shares[:-1]) < 1e-12


def test_shares_of_a_mixture() -> None:
    p, (a, b) = 113, grid(113)
    shares = explained(3 * wave(p, 14, a + b, 0.5) + 4 * wave(p, 52, a - b, 1.5) + 7)
    assert shares[13] == pytest.approx(9 / 25, abs=1e-12)
    assert shares[51] == pytest.approx(16 / 25, abs=1e-12)
    assert sum(shares) == pytest.approx(1, abs=1e-12)


def test_a_product_of_two_frequencies_belongs_to_neither() -> None:
    a, b = grid(13)
    assert sum(explained(wave(13, 2, a) * wave(13, 5, b))) == pytest.approx(0, abs=1e-12)


def test_a_second_harmonic_belongs_to_another_frequency() -> None:
    """cos^2 = 1/2 + cos(2 w (a + b)) / 2: nothing at 3, all at 6."""
    a, b = grid(13)
    shares = explained(wave(13, 3, a + b) ** 2)
    assert (shares[2], shares[5]) == (pytest.approx(0, abs=1e-12), pytest.approx(1, abs=1e-12))
