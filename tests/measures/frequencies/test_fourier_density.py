"""fourier-density on planted networks, against published numbers."""

from __future__ import annotations

import math

import pytest
import torch
from planted import architecture, measured, table
from planted_neurons import made_of

from mechgrok.measures.frequencies.fourier_density import FourierDensity
from mechgrok.runs.snapshot import Snapshot

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestFourierDensity:
    def test_odd(self) -> None:
        """p = 13: cosines of size 3 and 4 at k = 1, 2, sine of size 1 at k = 1."""
        found = measured(FourierDensity(), made_of(13, {1: 3.0, 3: 4.0, 2: 1.0})).headline
        for matrix in ("W_E", "W_L"):
            assert found[f"{matrix}_density"] == pytest.approx(3 / 12, rel=1e-12)
            assert found[f"{matrix}_ratio"] == pytest.approx((1 / 3 + 0) / 2, rel=1e-9)

    def test_even(self) -> None:
        """p = 8: 7 coefficients; the alternating one, k = 4, counts in the density and not in the ratio."""
        found = measured(FourierDensity(), made_of(8, {7: 4.0, 1: 3.0, 2: 3.0})).headline
        assert found["W_E_density"] == pytest.approx(3 / 7, rel=1e-12)
        assert found["W_E_ratio"] == pytest.approx(1, rel=1e-9)

    def test_eta(self) -> None:
        snapshot = made_of(13, {1: 10.0, 3: 6.0, 5: 3.0})
        found = [measured(FourierDensity(eta=eta), snapshot).headline["W_E_density"] for eta in (0.2, 0.5, 0.7)]
        assert found == pytest.approx([3 / 12, 2 / 12, 1 / 12], rel=1e-12)

    def test_gaps(self) -> None:
        constant = measured(FourierDensity(), made_of(13, {}, 0.1))
        assert constant.headline == dict.fromkeys(constant.headline)
        assert set(constant.missing.values()) == {"the matrix is constant over the tokens"}
        alternating = measured(FourierDensity(), made_of(8, {7: 1.0}))
        assert alternating.headline["W_E_density"] == 1 / 7
        assert "no frequency" in alternating.missing["W_E_ratio"]

    def test_a_random_initialisation(self) -> None:
        """p = 97: FFD 1.0 for both, FCR .92 to .93 (as measured before on the published initialisation)."""
        p, generator = 97, torch.Generator().manual_seed(0)
        sizes = {"embed.W_E": (p + 1, 128), "blocks.0.mlp.W_out": (512, 128), "unembed.W_U": (128, p)}
        weights = {name: torch.randn(size, generator=generator) / 128**0.5 for name, size in sizes.items()}
        found = measured(FourierDensity(), Snapshot(table(p), architecture(p, 128, 512), weights, 0)).headline
        assert (found["W_E_density"], found["W_L_density"]) == (1, 1)
        assert found["W_E_ratio"] == pytest.approx(0.925, abs=0.01)
        assert found["W_L_ratio"] == pytest.approx(0.925, abs=0.015)

    def test_multiplicative_characters(self) -> None:
        """A cosine of the discrete logarithm modulo 13: one large coefficient of 11 there, and many in the additive basis."""
        p, log = 13, {pow(2, i, 13): i for i in range(12)}
        snapshot = made_of(p, {})
        W_E = torch.zeros(p + 1, 8, dtype=torch.float64)
        W_E[list(log), 0] = torch.cos(2 * math.pi * torch.tensor(list(log.values()), dtype=torch.float64) / 12)
        snapshot.weights = {**snapshot.weights, "embed.W_E": W_E}
        measure = FourierDensity(basis="multiplicative")
        table = measure.compute(measure.view(Snapshot(snapshot.grid, snapshot.architecture, snapshot.weights, 0)), {})
        assert table["density"][0] == pytest.approx(1 / 11, rel=1e-12)
        assert measured(FourierDensity(), snapshot).headline["W_E_density"] > 0.3


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth, p = 113, split of seed 1."""

    def test_density_and_ratio(self, nanda) -> None:
        expected = {"W_E_density": 0.0714286, "W_L_density": 0.0625, "W_E_ratio": 0.8995319, "W_L_ratio": 0.7103486}
        assert nanda["fourier-density"].headline == pytest.approx(expected, abs=1e-6)
