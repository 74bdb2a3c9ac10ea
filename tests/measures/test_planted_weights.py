"""Weights whose spectra are known."""

from __future__ import annotations

import math

import pytest
import torch
from planted import architecture, measured, table

from mechgrok.maths.harmonic import fourier
from mechgrok.measures.frequencies.embedding_spectrum import EmbeddingSpectrum
from mechgrok.measures.frequencies.gini import Gini
from mechgrok.measures.frequencies.matrices import varies
from mechgrok.measures.frequencies.neuron_logit_spectrum import NeuronLogitSpectrum
from mechgrok.measures.weights.weight_norms import WeightNorms
from mechgrok.runs.snapshot import Snapshot


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
    def test_norms_powers_and_shares(self, constant: float) -> None:
        snapshot = self.snapshot({3: 3.0, 4: 4.0, 11: 5.0}, constant)
        for measure in (EmbeddingSpectrum(keys=(2,)), NeuronLogitSpectrum(keys=(2,))):
            found = measured(measure, snapshot)
            rows = found.table.set_index("frequency")
            assert rows.loc[2, ["cosine", "sine", "power", "share"]].tolist() == pytest.approx([3, 4, 25, 0.5], rel=1e-12)
            assert rows.loc[6, ["cosine", "sine", "power", "share"]].tolist() == pytest.approx([5, 0, 25, 0.5], abs=1e-12)
            assert rows.loc[0, "power"] == pytest.approx(8 * constant**2 * self.p, rel=1e-12)
            assert found.headline["share_key"] == pytest.approx(0.5, rel=1e-12)
            assert sorted(found.headline["top_frequencies"][:2]) == [2, 6]
        assert found.headline["residual"] == pytest.approx(math.sqrt(0.5), rel=1e-12)

    @pytest.mark.parametrize("constant", [0.0, 3.0])
    def test_gini_of_equal_components(self, constant: float) -> None:
        """Trap 7: m of n equal values give 1 - m / n. Five of twelve norms, in three of six frequencies of powers 2, 2 and 1."""
        found = measured(Gini(), self.snapshot({1: 1.0, 2: 1.0, 5: 1.0, 6: 1.0, 11: 1.0}, constant)).headline
        powers = [0, 0, 0, 1, 2, 2]
        expected = sum((2 * i - 7) * x for i, x in enumerate(powers, 1)) / (6 * 5)
        for matrix in ("W_E", "W_L"):
            assert found[f"{matrix}_norms"] == pytest.approx(1 - 5 / 12, rel=1e-12)
            assert found[f"{matrix}_powers"] == pytest.approx(expected, rel=1e-12)

    def test_a_matrix_that_is_constant_over_the_tokens_is_a_gap(self) -> None:
        found = measured(EmbeddingSpectrum(keys=(1,)), self.snapshot({}, 0.1))
        assert found.missing == dict.fromkeys(("top_frequencies", "share_key"), "the matrix is constant over the tokens")
        assert measured(EmbeddingSpectrum(keys=(1,)), self.snapshot({3: 1e-5}, 0.1)).headline["top_frequencies"][0] == 2

    def test_a_constant_matrix_has_no_gini(self) -> None:
        assert measured(Gini(), self.snapshot({}, 0.1)).headline["W_E_norms"] is None

    def test_sums_of_squares(self) -> None:
        """Whole tensors, the '=' token's row too."""
        found = measured(WeightNorms(), self.snapshot({1: 3.0, 2: 4.0})).headline
        assert found["by_parameter"]["embed.W_E"] == pytest.approx(25 + 8 * 1000**2, rel=1e-12)
        assert found["total"] == pytest.approx(25 + 8 * 1000**2 + 8 + 25, rel=1e-12)


def test_a_random_initialisation_has_no_structure() -> None:
    """p = 97, 128 features. Norms of 128 normal numbers: Gini about 1 / sqrt(2 pi 128) = .0353; oracle .039 for W_E and W_L."""
    p, generator = 97, torch.Generator().manual_seed(0)
    draw = {name: torch.randn(shape, generator=generator) for name, shape in {"E": (p + 1, 128), "out": (512, 128), "U": (128, p)}.items()}
    weights = {"embed.W_E": draw["E"] / p**0.5, "blocks.0.mlp.W_out": draw["out"] / 128**0.5, "unembed.W_U": draw["U"] / 128**0.5}
    found = measured(Gini(), Snapshot(table(p), architecture(p, 128, 512), weights, 0)).headline
    assert found["W_E_norms"] == pytest.approx(1 / math.sqrt(2 * math.pi * 128), abs=0.006)
    assert found["W_E_norms"] == pytest.approx(0.039, abs=0.007)
    assert found["W_L_norms"] == pytest.approx(0.039, abs=0.007)


def test_zeros_do_not_vary() -> None:
    """Nor does what differs in its last digit; a small wave about a large mean does."""
    assert not varies(torch.zeros(5, 3))
    assert not varies(torch.tensor([0.1, 0.7, 1 / 3], dtype=torch.float64).repeat(59, 1))
    assert varies(1e6 + torch.arange(15, dtype=torch.float64).view(5, 3))
