"""Two traps of Fourier measures of weights: how the basis is scaled and cut, and what a Gini coefficient is of.

Each wrong reading is written out and misses the number that the measure gives and that is known from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from planted import Planted, architecture, cosines, measured, table

from mechgrok.maths.harmonic import fourier
from mechgrok.measures.frequencies.embedding_spectrum import EmbeddingSpectrum
from mechgrok.measures.frequencies.fourier_density import FourierDensity
from mechgrok.measures.frequencies.gini import Gini
from mechgrok.measures.frequencies.spectral_concentration import SpectralConcentration
from mechgrok.runs.importing.import_run import Said, import_file
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot


def gini(values: np.ndarray) -> float:
    """Mean difference over twice the mean."""
    return float(np.abs(values[:, None] - values).sum() / (2 * len(values) * values.sum()))


def participation(powers: np.ndarray) -> float:
    return float(powers.sum() ** 2 / (powers**2).sum())


def raw_powers(matrix: np.ndarray, frequencies: range) -> np.ndarray:
    """|<cos w_k t, x>|^2 + |<sin w_k t, x>|^2 with waves of amplitude 1, which no length is divided out of."""
    p = len(matrix)
    angles = 2 * np.pi * np.outer(frequencies, np.arange(p)) / p
    return ((np.cos(angles) @ matrix) ** 2 + (np.sin(angles) @ matrix) ** 2).sum(1)


def embedded(p: int, rows: Mapping[int, float], constant: float) -> Snapshot:
    """W_E = constant + amplitude times basis row, each in a feature of its own."""
    W_E = torch.full((p + 1, 8), constant, dtype=torch.float64)
    for feature, (row, amplitude) in enumerate(rows.items()):
        W_E[:p, feature] += amplitude * fourier.basis(p)[row]
    weights = {"embed.W_E": W_E, "blocks.0.mlp.W_out": torch.eye(8, dtype=torch.float64), "unembed.W_U": W_E[:p].T}
    return Snapshot(table(p), architecture(p, 8, 8), weights, 0)


@pytest.fixture(scope="module")
def low_precision(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    out = tmp_path_factory.mktemp("nanda") / "R"
    import_file(oracles / "nanda2023" / "low_precision_mod_addition.pth", out, Said(fraction=0.3, split="python-shuffle", split_seed=1))
    return open_run(out).snapshot()


@pytest.fixture(scope="module")
def c113(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    out = tmp_path_factory.mktemp("chughtai") / "R"
    import_file(oracles / "chughtai2023" / "C113_T_seed1" / "model.pt", out, Said())
    return open_run(out).snapshot()


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

    @pytest.mark.parametrize("p", [12, 13])
    def test_powers_are_energies(self, p: int) -> None:
        """They add up to |W_E|^2; those of raw waves to p / 2 times it and more."""
        W_E = torch.randn(p + 1, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        snapshot = Snapshot(table(p), architecture(p), {"embed.W_E": W_E}, 0)
        power = measured(EmbeddingSpectrum(keys=(1,)), snapshot).table["power"].sum()
        energy = W_E[:p].square().sum().item()
        assert power == pytest.approx(energy, rel=1e-12)
        assert raw_powers(W_E[:p].numpy(), range(p // 2 + 1)).sum() > 0.49 * p * energy

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

    def test_published(self, c113: Snapshot) -> None:
        """Similarities .777973, .517671, .308732 at 16, 30 and 56 = p // 2, which a range that stops before it loses."""
        squares = np.array([0.777973, 0.517671, 0.308732]) ** 2
        found = measured(SpectralConcentration(), c113).headline["logits_participation"]
        assert found == pytest.approx(participation(squares), rel=1e-4)
        assert participation(squares[:2]) != pytest.approx(found, rel=0.05)


class TestTrap7:
    """Gini of the norms of p - 1 coefficients or of p // 2 powers, neither with the constant."""

    published: Mapping[str, float] = {"W_E_norms": 0.5856943, "W_E_powers": 0.9053678, "W_L_norms": 0.5706831, "W_L_powers": 0.8878942}

    def variants(self, matrix: np.ndarray) -> dict[str, float]:
        """Every reading of the definition, by name."""
        norms = np.linalg.norm(fourier.basis(len(matrix)).numpy() @ matrix, axis=1)
        powers = norms[1::2] ** 2 + norms[2::2] ** 2
        constant = norms[0]
        return {
            "norms": gini(norms[1:]),
            "powers": gini(powers),
            "norms with the constant": gini(norms),
            "powers with the constant": gini(np.append(constant**2, powers)),
            "squares of coefficients": gini(norms[1:] ** 2),
            "roots of powers": gini(np.sqrt(powers)),
        }

    @pytest.mark.parametrize("matrix", ["W_E", "W_L"])
    def test_published(self, low_precision: Snapshot, matrix: str) -> None:
        found = measured(Gini(), low_precision).headline
        values = low_precision.embedding if matrix == "W_E" else low_precision.neuron_logit_map.T
        readings = self.variants(values.numpy())
        for variant in ("norms", "powers"):
            expected = self.published[f"{matrix}_{variant}"]
            assert found[f"{matrix}_{variant}"] == pytest.approx(expected, abs=1e-6)
            others = {name: value for name, value in readings.items() if name != variant}
            assert all(abs(value - expected) > 1e-4 for value in others.values()), others

    def test_planted(self) -> None:
        """Four of twelve coefficients, equal, in two of six frequencies: 1 - 4/12 and 1 - 2/6 agree; a constant of any size is nothing."""
        snapshot = embedded(13, {1: 1.0, 2: 1.0, 5: 1.0, 6: 1.0}, constant=2.0)
        found = measured(Gini(), snapshot).headline
        assert [found["W_E_norms"], found["W_E_powers"]] == pytest.approx([2 / 3, 2 / 3], rel=1e-12)
        readings = self.variants(snapshot.embedding.numpy())
        assert readings["norms with the constant"] > 0.8
        assert readings["powers with the constant"] > 0.8


def snapshot_with_logits(snapshot: Snapshot) -> Snapshot:
    """The same weights, beside logits that do not matter."""
    planted = Planted(snapshot.grid, cosines(snapshot.grid, {1: 1.0}))
    planted.architecture, planted.weights = snapshot.architecture, snapshot.weights
    return planted
