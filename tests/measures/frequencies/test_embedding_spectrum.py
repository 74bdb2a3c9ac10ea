"""embedding-spectrum on planted networks, against published numbers and wrong readings of its definition."""

from __future__ import annotations

import math

import pytest
import torch
from planted import architecture, measured, table
from published import share
from raw_spectra import raw_powers

from mechgrok.maths.harmonic import fourier
from mechgrok.measures.frequencies.embedding_spectrum import EmbeddingSpectrum
from mechgrok.measures.frequencies.neuron_logit_spectrum import NeuronLogitSpectrum
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

    def test_a_matrix_that_is_constant_over_the_tokens_is_a_gap(self) -> None:
        found = measured(EmbeddingSpectrum(keys=(1,)), self.snapshot({}, 0.1))
        assert found.missing == dict.fromkeys(("top_frequencies", "share_key"), "the matrix is constant over the tokens")
        assert measured(EmbeddingSpectrum(keys=(1,)), self.snapshot({3: 1e-5}, 0.1)).headline["top_frequencies"][0] == 2


class TestC113:
    """chughtai2023/C113_T_seed1: a HookedTransformer state dict, 113 classes, split unknown."""

    def test_every_embedding_share_is_the_authors(self, chughtai, authors) -> None:
        """Theirs include the constant."""
        power = chughtai["embedding-spectrum"].table.set_index("frequency")["power"]
        expected = {k: share(authors[f"percent_x_embed_freq_{k}_rep"]) for k in range(1, 57)}
        assert (power / power.sum()).to_dict() == expected | {0: share(authors["percent_x_embed_trivial_rep"])}


class TestTrap3:
    """The basis is orthonormal, begins at k = 1 and ends at p // 2, both included."""

    @pytest.mark.parametrize("p", [12, 13])
    def test_powers_are_energies(self, p: int) -> None:
        """They add up to |W_E|^2; those of raw waves to p / 2 times it and more."""
        W_E = torch.randn(p + 1, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        snapshot = Snapshot(table(p), architecture(p), {"embed.W_E": W_E}, 0)
        power = measured(EmbeddingSpectrum(keys=(1,)), snapshot).table["power"].sum()
        energy = W_E[:p].square().sum().item()
        assert power == pytest.approx(energy, rel=1e-12)
        assert raw_powers(W_E[:p].numpy(), range(p // 2 + 1)).sum() > 0.49 * p * energy
