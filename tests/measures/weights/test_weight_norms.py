"""weight-norms on planted networks, against published numbers."""

from __future__ import annotations

import pytest
import torch
from planted import architecture, measured, table

from mechgrok.maths.harmonic import fourier
from mechgrok.measures.weights.weight_norms import WeightNorms
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

    def test_sums_of_squares(self) -> None:
        """Whole tensors, the '=' token's row too."""
        found = measured(WeightNorms(), self.snapshot({1: 3.0, 2: 4.0})).headline
        assert found["by_parameter"]["embed.W_E"] == pytest.approx(25 + 8 * 1000**2, rel=1e-12)
        assert found["total"] == pytest.approx(25 + 8 * 1000**2 + 8 + 25, rel=1e-12)


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: p = 113, python-shuffle of .3 with seed 1."""

    def test_weight_norms(self, nanda) -> None:
        found = nanda["weight-norms"].headline["by_parameter"]
        printed = {"embed.W_E": 181.67246, "pos_embed.W_pos": 2.95118, "unembed.W_U": 44.84354}
        printed |= {
            f"blocks.0.attn.W_{letter}": value for letter, value in zip("KQVO", (17.99980, 112.90799, 215.22312, 148.11302), strict=True)
        }
        mlp = {"W_in": 220.50864, "b_in": 0.14450, "W_out": 191.74641, "b_out": 0.01630}
        printed |= {f"blocks.0.mlp.{name}": value for name, value in mlp.items()}
        assert {name: found[name] for name in printed} == {name: pytest.approx(value, abs=6e-6) for name, value in printed.items()}
        assert nanda["weight-norms"].headline["total"] == pytest.approx(sum(printed.values()), abs=1e-4)
