"""Spectra and neurons whose concentration is known."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import torch
from planted import Planted, architecture, cosines, handmade_snapshot, measured, table
from torch import Tensor

from mechgrok.engine.outcomes import Result
from mechgrok.maths.harmonic import fourier
from mechgrok.measures.frequencies.fourier_density import FourierDensity
from mechgrok.measures.frequencies.spectral_concentration import SpectralConcentration
from mechgrok.measures.neurons.inverse_participation import InverseParticipation
from mechgrok.measures.neurons.ipr_pruning import IprPruning
from mechgrok.runs.snapshot import Grid, Snapshot

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def made_of(p: int, components: Mapping[int, float], constant: float = 3.0) -> Snapshot:
    """W_E = W_L^T = sum of amplitude times basis row, each in a feature of its own; the '=' token's row is large."""
    W_E = torch.full((p + 1, 8), constant, dtype=torch.float64)
    for feature, (row, amplitude) in enumerate(components.items()):
        W_E[:p, feature] += amplitude * fourier.basis(p)[row]
    W_E[p] = 1000
    snapshot = Planted(table(p), torch.zeros(p * p, p, dtype=torch.float64))
    snapshot.architecture = architecture(p, 8, 8)
    snapshot.weights = {"embed.W_E": W_E, "blocks.0.mlp.W_out": torch.eye(8, dtype=torch.float64), "unembed.W_U": W_E[:p].T}
    return snapshot


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


class TestSpectralConcentration:
    @pytest.mark.parametrize("p", [12, 13])
    def test_logits_and_weights(self, p: int) -> None:
        """Cosine k has energy n p A^2 / 2, and n p A^2 for k = p / 2; powers 9 + 16 at k = 1, 25 at k = 3 in the weights."""
        amplitudes = {2: 8.0, 5: 6.0, 6: 4.0}
        snapshot = made_of(p, {1: 3.0, 2: 4.0, 5: 5.0})
        snapshot._said = cosines(snapshot.grid, amplitudes), None
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


def with_neurons(grid: Grid, neurons: Tensor, W_L: Tensor) -> Planted:
    snapshot = Planted(grid, neurons @ W_L, neurons)
    snapshot.weights = {"blocks.0.mlp.W_out": W_L, "unembed.W_U": torch.eye(grid.p, dtype=torch.float64)}
    return snapshot


def wave(p: int, k: int, phase: float, t: Tensor) -> Tensor:
    return torch.cos(2 * math.pi * k * t.double() / p + phase)


class TestInverseParticipation:
    p = 23

    def neurons_of(self, *columns: Tensor) -> Result:
        outputs = torch.stack([wave(self.p, 3, 0.4, torch.arange(self.p)) + 9] * len(columns))
        return measured(InverseParticipation(), with_neurons(table(self.p), torch.stack(columns, dim=1), outputs))

    def test_gromovs_analytic_neurons(self) -> None:
        """(cos A + cos B)^2, A = w a + f, B = w b + g: energy 1 at k from cos A cos B twice, 1/8 + 1/8 at 2 k; output weights are pure."""
        a, b = table(self.p).operands.T
        columns = [(wave(self.p, k, k, a) + wave(self.p, k, 2 * k, b)).square() for k in (3, 7)]
        found = self.neurons_of(*columns).table
        assert found["activation"].tolist() == pytest.approx([0.8**2 + 0.2**2] * 2, rel=1e-9)
        assert found["output"].tolist() == pytest.approx([1, 1], rel=1e-9)
        assert found["ipr"].tolist() == pytest.approx([(1 + 0.68) / 2] * 2, rel=1e-9)

    def test_one_frequency_is_one_whatever_its_mean_and_phase(self) -> None:
        a, b = table(self.p).operands.T
        found = self.neurons_of(wave(self.p, 11, 0.3, a + b) + 50, wave(self.p, 5, 1.0, a - b), wave(self.p, 2, 2.0, a)).headline
        assert found == pytest.approx({"mean_ipr": 1, "mean_activation": 1, "mean_output": 1}, rel=1e-9)

    def test_a_neuron_that_memorises_one_row(self) -> None:
        """All frequencies alike: 1 / (p // 2), on both sides for a neuron that names one class."""
        neurons = torch.zeros(self.p**2, 1, dtype=torch.float64)
        neurons[123] = 5
        W_L = torch.zeros(1, self.p, dtype=torch.float64)
        W_L[0, 4] = 2
        found = measured(InverseParticipation(), with_neurons(table(self.p), neurons, W_L)).headline
        assert found == pytest.approx(dict.fromkeys(found, 1 / 11), rel=1e-9)
        cubed = measured(InverseParticipation(r=3), with_neurons(table(self.p), neurons, W_L)).headline
        assert cubed["mean_output"] == pytest.approx(1 / 121, rel=1e-9)

    def test_powers_are_squares_on_both_sides(self) -> None:
        """Amplitudes 2 and 1, powers 4 and 1: (16 + 1) / 25, on top of a mean that does not count."""
        t, (a, b) = torch.arange(self.p), table(self.p).operands.T
        row = 2 * wave(self.p, 3, 0.4, t) + wave(self.p, 8, 1.0, t) + 5
        neuron = 2 * wave(self.p, 3, 0.4, a + b) + wave(self.p, 8, 1.0, a - b) + 5
        found = measured(InverseParticipation(), with_neurons(table(self.p), neuron[:, None], row[None])).headline
        assert found == pytest.approx(dict.fromkeys(found, 17 / 25), rel=1e-9)

    def test_a_silent_neuron_has_none(self) -> None:
        a, _ = table(self.p).operands.T
        found = self.neurons_of(torch.full((self.p**2,), 0.1, dtype=torch.float64), wave(self.p, 2, 2.0, a))
        assert found.table["activation"].isna().tolist() == [True, False]
        assert found.headline["mean_ipr"] == pytest.approx(1, rel=1e-9)


class TestPruning:
    """6 periodic neurons that answer a + b, 14 that each know one train row wrongly, one a step; without them every answer is 4."""

    p, memorised = 13, 14

    @pytest.fixture(scope="class")
    def result(self) -> Result:
        train = np.arange(self.p**2) % 4 == 0
        grid = table(self.p, train=train)
        waves = [
            (wave(self.p, k, phase, grid.phase), wave(self.p, k, phase, torch.arange(self.p))) for k in (1, 3, 4) for phase in (0, 1.6)
        ]
        rows = torch.nonzero(grid.subsets["train"])[: self.memorised, 0]
        bumps = torch.zeros(self.p**2, self.memorised, dtype=torch.float64)
        bumps[rows, torch.arange(self.memorised)] = 1
        wrong = 40 * torch.nn.functional.one_hot((grid.labels[rows] + 1) % self.p, self.p).double()
        neurons = torch.cat([torch.stack([both[0] for both in waves], 1), bumps], dim=1)
        W_L = torch.cat([torch.stack([5 * both[1] for both in waves]), wrong])
        snapshot = with_neurons(grid, neurons, W_L)
        guess = 1e-3 * torch.nn.functional.one_hot(torch.tensor(4), self.p)
        snapshot._said = snapshot.logits + guess, neurons
        return measured(IprPruning(), snapshot)

    def accuracy(self, result: Result, order: str, split: str) -> pd.Series:
        rows = result.table[(result.table["order"] == order) & (result.table["split"] == split)]
        assert rows["pruned"].tolist() == list(range(21))
        return rows.set_index("pruned")["accuracy"]

    def test_without_the_lowest_what_was_memorised_goes(self, result: Result) -> None:
        found, rows = self.accuracy(result, "lowest first", "all"), self.p**2
        assert found[:15].tolist() == pytest.approx([1 - (14 - n) / rows for n in range(15)], rel=1e-12)
        assert (self.accuracy(result, "lowest first", "test")[:15] == 1).all()

    def test_without_the_highest_what_generalises_goes(self, result: Result) -> None:
        found = self.accuracy(result, "highest first", "test")
        labels = np.add.outer(np.arange(13), np.arange(13)).ravel() % 13
        assert found[0] == 1
        assert found[6:].tolist() == pytest.approx([(labels[np.arange(169) % 4 > 0] == 4).mean()] * 15, rel=1e-12)

    def test_without_all_it_guesses(self, result: Result) -> None:
        last = result.table[result.table["pruned"] == 20]
        assert last["loss"].tolist() == pytest.approx([math.log(13)] * 6, abs=1e-3)

    def test_headline_is_that_of_half(self, result: Result) -> None:
        assert result.headline["all_accuracy_without_lowest_half"] == pytest.approx(1 - 4 / 169, rel=1e-12)
        assert result.headline["test_accuracy_without_lowest_half"] == 1
        assert result.headline["test_accuracy_without_highest_half"] < 0.2
