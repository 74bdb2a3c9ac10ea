"""gini on planted networks, against published numbers and wrong readings of its definition."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from planted import architecture, measured, table
from published import each, share
from raw_spectra import embedded, gini

from mechgrok.maths.harmonic import fourier
from mechgrok.measures.frequencies.gini import Gini
from mechgrok.runs.run import Run
from mechgrok.runs.snapshot import Snapshot

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestSpectra:
    """Weights made of basis rows; the '=' token's row and the constant must not count."""

    p = 13

    def snapshot(self, components: dict[int, float], constant: float = 0.0) -> Snapshot:
        """W_E = sum of amplitude times basis row, each in a feature of its own."""
        W_E = torch.zeros(self.p + 1, 8, dtype=torch.float64)
        for feature, (row, amplitude) in enumerate(components.items()):
            W_E[: self.p, feature] = amplitude * fourier.basis(self.p)[row]
        W_E[: self.p] += constant
        W_E[self.p] = 1000
        weights = {"embed.W_E": W_E, "blocks.0.mlp.W_out": torch.eye(8), "unembed.W_U": W_E[: self.p].T}
        return Snapshot(table(self.p), architecture(self.p, 8, 8), weights, 0)

    @pytest.mark.parametrize("constant", [0.0, 3.0])
    def test_gini_of_equal_components(self, constant: float) -> None:
        """Trap 7: m of n equal values give 1 - m / n. Five of twelve norms, in three of six frequencies of powers 2, 2 and 1."""
        found = measured(Gini(), self.snapshot({1: 1.0, 2: 1.0, 5: 1.0, 6: 1.0, 11: 1.0}, constant)).headline
        powers = [0, 0, 0, 1, 2, 2]
        expected = sum((2 * i - 7) * x for i, x in enumerate(powers, 1)) / (6 * 5)
        for matrix in ("W_E", "W_L"):
            assert found[f"{matrix}_norms"] == pytest.approx(1 - 5 / 12, rel=1e-12)
            assert found[f"{matrix}_powers"] == pytest.approx(expected, rel=1e-12)

    def test_a_constant_matrix_has_no_gini(self) -> None:
        assert measured(Gini(), self.snapshot({}, 0.1)).headline["W_E_norms"] is None


def test_a_random_initialisation_has_no_structure() -> None:
    """p = 97, 128 features. Norms of 128 normal numbers: Gini about 1 / sqrt(2 pi 128) = .0353; oracle .039 for W_E and W_L."""
    p, generator = 97, torch.Generator().manual_seed(0)
    draw = {name: torch.randn(shape, generator=generator) for name, shape in {"E": (p + 1, 128), "out": (512, 128), "U": (128, p)}.items()}
    weights = {"embed.W_E": draw["E"] / p**0.5, "blocks.0.mlp.W_out": draw["out"] / 128**0.5, "unembed.W_U": draw["U"] / 128**0.5}
    found = measured(Gini(), Snapshot(table(p), architecture(p, 128, 512), weights, 0)).headline
    assert found["W_E_norms"] == pytest.approx(1 / math.sqrt(2 * math.pi * 128), abs=0.006)
    assert found["W_E_norms"] == pytest.approx(0.039, abs=0.007)
    assert found["W_L_norms"] == pytest.approx(0.039, abs=0.007)


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: p = 113, python-shuffle of .3 with seed 1."""

    def test_gini(self, nanda) -> None:
        expected = {"W_E_norms": 0.5856943, "W_E_powers": 0.9053678, "W_L_norms": 0.5706831, "W_L_powers": 0.8878942}
        assert nanda["gini"].headline == each(expected, share)


class TestC113:
    """chughtai2023/C113_T_seed1: a HookedTransformer state dict, 113 classes, split unknown."""

    def test_gini(self, chughtai) -> None:
        expected = {"W_E_norms": 0.6562944, "W_E_powers": 0.9291142, "W_L_norms": 0.8418127, "W_L_powers": 0.9488770}
        assert chughtai["gini"].headline == each(expected, share)


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
    def test_published(self, nanda_run: Run, matrix: str) -> None:
        low_precision = nanda_run.snapshot()
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
