"""spectral-concentration on planted networks, against published numbers and wrong readings of its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from planted import cosine_logits, handmade_snapshot, measured
from planted_neurons import made_of
from raw_spectra import embedded, participation, raw_powers, snapshot_with_logits

from mechgrok.maths.harmonic import fourier
from mechgrok.measures.frequencies.fourier_density import FourierDensity
from mechgrok.measures.frequencies.spectral_concentration import SpectralConcentration
from mechgrok.runs.run import Run

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestSpectralConcentration:
    @pytest.mark.parametrize("p", [12, 13])
    def test_logits_and_weights(self, p: int) -> None:
        """Cosine k has energy n p A^2 / 2, and n p A^2 for k = p / 2; powers 9 + 16 at k = 1, 25 at k = 3 in the weights."""
        amplitudes = {2: 8.0, 5: 6.0, 6: 4.0}
        snapshot = made_of(p, {1: 3.0, 2: 4.0, 5: 5.0})
        snapshot._said = cosine_logits(snapshot.grid, amplitudes), None
        found = measured(SpectralConcentration(top=1), snapshot).headline
        energies = np.array([A**2 * (1 if 2 * k == p else 0.5) for k, A in amplitudes.items()])
        q = energies / energies.sum()
        assert found["logits_top_share"] == pytest.approx(q.max(), rel=1e-12)
        assert found["logits_entropy"] == pytest.approx(-(q * np.log(q)).sum(), rel=1e-12)
        assert found["logits_participation"] == pytest.approx(1 / (q**2).sum(), rel=1e-12)
        for matrix in ("W_E", "W_L"):
            expected = {"top_share": 0.5, "entropy": math.log(2), "participation": 2}
            assert {name: found[f"{matrix}_{name}"] for name in expected} == pytest.approx(expected, rel=1e-12)

    def test_a_transformer_with_planted_cosines(self) -> None:
        found = measured(SpectralConcentration(), handmade_snapshot(13, {2: 5.0, 5: 5.0, 6: 5.0})).headline
        assert found["logits_participation"] == pytest.approx(3, rel=1e-9)

    @pytest.mark.parametrize("offset", [0.0, 1e4])
    def test_flat_logits(self, offset: float) -> None:
        snapshot = made_of(13, {1: 1.0})
        snapshot._said = torch.linspace(0, 1, 169, dtype=torch.float64)[:, None].expand(169, 13) * offset, None
        found = measured(SpectralConcentration(), snapshot)
        assert found.headline["logits_entropy"] is None
        assert "no cosine" in found.missing["logits_entropy"]


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth, p = 113, split of seed 1."""

    def test_concentration(self, nanda) -> None:
        """Key similarities .113244, .249809, .588648, .223639; all squared sum to .4725197, the four to .4717491."""
        squares = [similarity**2 for similarity in (0.113244, 0.249809, 0.588648, 0.223639)]
        found = nanda["spectral-concentration"].headline
        assert 0.4717491 / 0.4725197 < found["logits_top_share"] < 1
        participation = 0.4725197**2 / sum(square**2 for square in squares)
        assert found["logits_participation"] == pytest.approx(participation, rel=1e-4)


class TestTrap3:
    """The basis is orthonormal, begins at k = 1 and ends at p // 2, both included."""

    def test_waves_of_amplitude_one_count_the_alternating_row_twice(self) -> None:
        """p = 12, a cosine of k = 2 and the alternating row, of equal energy: two frequencies, by raw waves 1.8."""
        snapshot = embedded(12, {3: 1.0, 11: 1.0}, constant=0.0)
        assert measured(SpectralConcentration(), snapshot_with_logits(snapshot)).headline["W_E_participation"] == pytest.approx(
            2, rel=1e-12
        )
        raw = raw_powers(snapshot.embedding.numpy(), range(1, 7))
        assert participation(raw) == pytest.approx(1.8, rel=1e-12)

    def test_pairs_from_zero_take_the_constant_and_lose_the_last(self) -> None:
        """p = 13, k = 2 and k = 6, and a constant. The p // 2 pairs from k = 0 on have the constant and k = 2."""
        snapshot = embedded(13, {3: 1.0, 4: 1.0, 11: 1.0, 12: 1.0}, constant=1.0)
        found = measured(SpectralConcentration(), snapshot_with_logits(snapshot)).headline
        assert found["W_E_participation"] == pytest.approx(2, rel=1e-12)
        assert measured(FourierDensity(), snapshot).headline["W_E_density"] == pytest.approx(4 / 12, rel=1e-12)
        shifted = raw_powers(snapshot.embedding.numpy(), range(6))
        assert participation(shifted) != pytest.approx(2, rel=0.1)
        norms = fourier.coefficients(snapshot.embedding).norm(dim=1).numpy()
        from_zero = [norms[0:11:2], np.append(0, norms[2:12:2])]
        assert np.mean([row > 0.5 * row.max() for row in from_zero for row in row]) != pytest.approx(4 / 12, abs=0.05)

    def test_published(self, chughtai_run: Run) -> None:
        """Similarities .777973, .517671, .308732 at 16, 30 and 56 = p // 2, which a range that stops before it loses."""
        squares = np.array([0.777973, 0.517671, 0.308732]) ** 2
        found = measured(SpectralConcentration(), chughtai_run.snapshot()).headline["logits_participation"]
        assert found == pytest.approx(participation(squares), rel=1e-4)
        assert participation(squares[:2]) != pytest.approx(found, rel=0.05)
