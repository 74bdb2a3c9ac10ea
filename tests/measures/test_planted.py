"""Logits whose answers are known before the measures are asked."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from planted import Planted, architecture, cosines, handmade, handmade_snapshot, measured, table
from torch import Tensor

from mechgrok.maths.harmonic import fourier
from mechgrok.measures.ablations.excluded_loss import ExcludedLoss
from mechgrok.measures.ablations.restricted_loss import RestrictedLoss
from mechgrok.measures.frequencies.gini import Gini
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies
from mechgrok.measures.frequencies.neuron_logit_spectrum import NeuronLogitSpectrum
from mechgrok.measures.grokking.loss import Loss
from mechgrok.measures.logits.logit_cosines import LogitCosines
from mechgrok.models.architecture import Architecture
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular

AMPLITUDES = {2: 8.0, 5: 6.0, 6: 4.0}
"""6 is p // 2 for both moduli."""


def loss_by_hand(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of every row, by the definition."""
    return np.log(np.exp(logits).sum(1)) - logits[np.arange(len(labels)), labels]


def bumps(grid: Grid, size: float = 5.0) -> Tensor:
    """Memorised answers: the train rows get their label on top."""
    logits = torch.zeros(len(grid.labels), grid.p, dtype=torch.float64)
    rows = torch.nonzero(grid.subsets["train"])[:, 0]
    logits[rows, grid.labels[rows]] = size
    return logits


def some_train(p: int) -> np.ndarray:
    return np.random.default_rng(3).random(p * p) < 0.3


@pytest.mark.parametrize("p", [12, 13])
class TestHandmadeTransformer:
    """Real weights, through the forward pass: logits are exactly sum_k A_k cos w_k (a + b - c)."""

    @pytest.fixture
    def snapshot(self, p: int) -> Snapshot:
        return handmade_snapshot(p, AMPLITUDES, some_train(p))

    def test_it_computes_what_was_planted(self, snapshot: Snapshot, p: int) -> None:
        assert torch.allclose(snapshot.logits, cosines(snapshot.grid, AMPLITUDES), atol=1e-9)
        a, b = np.divmod(np.arange(p * p), p)
        expected = np.maximum(0, (a + b)[:, None] - np.arange(2 * p - 1) + 1)
        assert snapshot.neurons.numpy() == pytest.approx(expected, abs=1e-9)

    def test_key_frequencies_with_half_of_p(self, snapshot: Snapshot, p: int) -> None:
        assert measured(KeyFrequencies(), snapshot).headline["frequencies"] == [2, 5, 6]

    def test_similarities_in_closed_form(self, snapshot: Snapshot, p: int) -> None:
        """Energies are A^2 / 2, and A^2 for k = p / 2."""
        energies = {k: A**2 / (1 if 2 * k == p else 2) for k, A in AMPLITUDES.items()}
        found = measured(LogitCosines(), snapshot).headline
        total = sum(energies.values())
        assert found["similarity"] == {str(k): pytest.approx(math.sqrt(energy / total), abs=1e-9) for k, energy in energies.items()}
        assert found["explained"] == pytest.approx(1, abs=1e-9)
        assert measured(LogitCosines(keys=(5,)), snapshot).headline["explained_key"] == pytest.approx(energies[5] / total, abs=1e-9)

    def test_restricted_is_the_whole_loss_and_excluded_is_guessing(self, snapshot: Snapshot, p: int) -> None:
        per_row = loss_by_hand(cosines(snapshot.grid, AMPLITUDES).numpy(), snapshot.grid.labels.numpy())
        restricted, excluded = measured(RestrictedLoss(), snapshot).headline, measured(ExcludedLoss(), snapshot).headline
        for split in ("all", "train", "test"):
            full = per_row[snapshot.grid.subsets[split].numpy()].mean()
            assert restricted[split] == pytest.approx(full, rel=1e-8)
        assert restricted["all_uncorrected"] == pytest.approx(per_row.mean(), rel=1e-8)
        assert restricted["all_cube"] == pytest.approx(per_row.mean(), rel=1e-8)
        assert [excluded[key] for key in ("train", "all", "all_cube")] == pytest.approx([math.log(p)] * 3, rel=1e-9)

    def test_without_one_frequency_the_loss_is_that_of_the_others(self, snapshot: Snapshot, p: int) -> None:
        train = snapshot.grid.subsets["train"].numpy()
        found = measured(ExcludedLoss(), snapshot).headline["train_by_frequency"]
        for removed in AMPLITUDES:
            others = {k: A for k, A in AMPLITUDES.items() if k != removed}
            expected = loss_by_hand(cosines(snapshot.grid, others).numpy(), snapshot.grid.labels.numpy())
            assert found.pop(str(removed)) == pytest.approx(expected[train].mean(), rel=1e-8)
        assert not found

    def test_the_neuron_logit_map_leaves_the_constant_out(self, snapshot: Snapshot, p: int) -> None:
        """All of W_L lies on the planted frequencies; the residual of a part of them is known from the energies of cos w_k (S - c)."""
        assert measured(NeuronLogitSpectrum(), snapshot).headline["residual"] == pytest.approx(0, abs=1e-6)
        shifted = dict(snapshot.weights)
        shifted["unembed.W_U"] = shifted["unembed.W_U"] + 100
        moved = Snapshot(snapshot.grid, snapshot.architecture, shifted, 0)
        before = measured(NeuronLogitSpectrum(keys=(2,)), snapshot).headline["residual"]
        assert 0.1 < before < 0.99
        assert measured(NeuronLogitSpectrum(keys=(2,)), moved).headline["residual"] == pytest.approx(before, rel=1e-9)

    def test_a_class_for_the_equals_token_is_dropped(self, snapshot: Snapshot, p: int) -> None:
        weights = dict(snapshot.weights)
        weights["unembed.W_U"] = torch.cat([weights["unembed.W_U"], torch.full((p + 1, 1), 50.0, dtype=torch.float64)], 1)
        shape = Architecture(**(vars(architecture(p, p + 1, 2 * p - 1)) | {"d_vocab_out": p + 1}))
        other = Snapshot(Grid.of(Modular(p=p), some_train(p)), shape, weights, 0)
        for measure in (Loss(), RestrictedLoss(), ExcludedLoss(), LogitCosines(), NeuronLogitSpectrum(), Gini()):
            assert str(measured(measure, other).headline) == str(measured(measure, snapshot).headline)


class TestMeanCorrection:
    """Trap 4: a bias m_c on the logits. Restricted loss puts it back, excluded loss leaves it in, neither other variant knows of it."""

    p = 13
    bias = torch.linspace(-2, 3, 13, dtype=torch.float64)

    @pytest.fixture(scope="class")
    def snapshot(self) -> Planted:
        grid = table(self.p)
        return Planted(grid, cosines(grid, AMPLITUDES) + self.bias)

    def test_restricted(self, snapshot: Planted) -> None:
        found, labels = measured(RestrictedLoss(), snapshot).headline, snapshot.grid.labels.numpy()
        assert found["all"] == pytest.approx(loss_by_hand(snapshot.logits.numpy(), labels).mean(), rel=1e-10)
        clean = loss_by_hand(cosines(snapshot.grid, AMPLITUDES).numpy(), labels).mean()
        assert found["all_uncorrected"] == pytest.approx(clean, rel=1e-10)
        assert found["all_cube"] == pytest.approx(clean, rel=1e-10)
        assert found["all"] != pytest.approx(clean, rel=1e-2)

    def test_excluded(self, snapshot: Planted) -> None:
        """log sum exp m - mean m, because every label has as many rows; with the mean taken out it would be log p."""
        found = measured(ExcludedLoss(), snapshot).headline
        expected = math.log(self.bias.exp().sum()) - self.bias.mean().item()
        assert (found["all"], found["all_cube"]) == (pytest.approx(expected, rel=1e-10), pytest.approx(expected, rel=1e-10))
        assert expected != pytest.approx(math.log(self.p), rel=1e-2)

    def test_similarity_is_to_logits_centred_over_c(self, snapshot: Planted) -> None:
        """Trap 5: the bias counts as unexplained, a constant of each row does not. Centred over rows the bias would vanish."""
        planted = sum(A**2 / 2 for A in AMPLITUDES.values())
        expected = planted / (planted + self.bias.var(correction=0).item())
        assert measured(LogitCosines(), snapshot).headline["explained"] == pytest.approx(expected, rel=1e-12)
        offsets = torch.linspace(-50, 90, self.p**2, dtype=torch.float64)[:, None]
        moved = Planted(snapshot.grid, snapshot.logits + offsets)
        assert measured(LogitCosines(), moved).headline["explained"] == pytest.approx(expected, rel=1e-9)
        assert expected < 0.97


class TestMemorisation:
    """Cosines that generalise, and bumps on the train rows."""

    p = 13

    @pytest.fixture(scope="class")
    def snapshot(self) -> Planted:
        grid = table(self.p, train=some_train(self.p))
        return Planted(grid, cosines(grid, {3: 2.0, 6: 1.5}) + bumps(grid))

    def test_one_frequency_is_projected_over_all_rows_and_judged_on_train(self, snapshot: Planted) -> None:
        transform = np.fft.fft2(snapshot.logits.view(self.p, self.p, self.p).numpy(), axes=(0, 1))
        found = measured(ExcludedLoss(keys=(3, 6)), snapshot)
        for removed, key in (([3], "3"), ([6], "6"), ([3, 6], None)):
            rest = transform.copy()
            for k in removed:
                rest[k, k] = rest[-k, -k] = 0
            logits = np.fft.ifft2(rest, axes=(0, 1)).real.reshape(-1, self.p)
            per_row = loss_by_hand(logits, snapshot.grid.labels.numpy())
            train = per_row[snapshot.grid.subsets["train"].numpy()].mean()
            assert (found.headline["train_by_frequency"][key] if key else found.headline["train"]) == pytest.approx(train, rel=1e-10)
        assert found.headline["all"] == pytest.approx(per_row.mean(), rel=1e-10)

    def test_memorised_rows_are_right_without_the_cosines(self, snapshot: Planted) -> None:
        """The memorising circuit answers on train and not on test: what the excluded loss is for."""
        rows = measured(ExcludedLoss(keys=(3, 6)), snapshot).table
        together = rows[(rows["frequency"] == 0) & (rows["variant"] == "2-D")].set_index("split")["loss"]
        assert together["train"] < 0.5
        assert together["test"] > math.log(self.p)

    def test_restriction_drops_what_is_memorised(self, snapshot: Planted) -> None:
        """Trap 11: projecting every row on its own cosines over c would keep the bumps' own phases: train would be better than test."""
        found = measured(RestrictedLoss(keys=(3, 6)), snapshot).headline
        assert found["train"] == pytest.approx(found["test"], rel=0.15)
        plain = measured(Loss(), snapshot).headline
        assert plain["train"] < 0.2 * plain["test"]
        logits, F = snapshot.logits, fourier.basis(self.p)[[5, 6, 11, 12]]
        row_by_row = loss_by_hand((logits @ F.T @ F).numpy(), snapshot.grid.labels.numpy())
        train = snapshot.grid.subsets["train"].numpy()
        assert row_by_row[train].mean() < 0.8 * row_by_row[~train].mean()


class TestLoss:
    def test_accuracy_counts_rows(self) -> None:
        grid = table(7, train=np.arange(49) < 20)
        logits = torch.nn.functional.one_hot(grid.labels, 7).double()
        wrong = [1, 5, 30]
        logits[wrong] = logits[wrong].roll(1, 1)
        found = measured(Loss(), Planted(grid, logits)).headline
        assert [found[f"accuracy_{split}"] for split in ("all", "train", "test")] == [46 / 49, 18 / 20, 28 / 29]
        right = math.log(math.e + 6) - 1
        assert found["train"] == pytest.approx((18 * right + 2 * (right + 1)) / 20, rel=1e-13)

    def test_other_operations(self) -> None:
        for operation in ("subtract", "add-squares"):
            grid = table(11, operation)
            snapshot = Planted(grid, cosines(grid, {1: 9.0, 4: 9.0, 5: 5.0}))
            assert measured(Loss(), snapshot).headline["accuracy_all"] == 1
            assert measured(KeyFrequencies(), snapshot).headline["frequencies"] == [1, 4, 5]
            assert measured(RestrictedLoss(), snapshot).headline["all_cube"] == pytest.approx(
                measured(Loss(), snapshot).headline["all"], rel=1e-9
            )

    def test_the_mean_over_rows_where_phases_are_not_uniform(self) -> None:
        """What is kept has a mean of its own over the rows of a^2 + b^2 mod 7."""
        grid = table(7, "add-squares")
        logits = torch.randn(49, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        angles = [2 * np.pi * (k * grid.task.phase() % 7) / 7 for k in (1, 3)]
        columns = np.stack([f(angle) for angle in angles for f in (np.cos, np.sin)], axis=1)
        kept = columns @ np.linalg.lstsq(columns, logits.numpy())[0]
        expected = loss_by_hand(kept + (logits.numpy() - kept).mean(0), grid.labels.numpy()).mean()
        assert measured(RestrictedLoss(keys=(1, 3)), Planted(grid, logits)).headline["all"] == pytest.approx(expected, rel=1e-11)

    def test_another_operations_cosines_are_none(self) -> None:
        subtract = cosines(table(11, "subtract"), {1: 9.0, 4: 9.0})
        snapshot = Planted(table(11), subtract)
        assert measured(KeyFrequencies(), snapshot).headline["frequencies"] == []
        assert measured(LogitCosines(), snapshot).headline["explained"] == pytest.approx(0, abs=1e-12)

    def test_anti_correlated_cosines_are_no_key(self) -> None:
        grid = table(11)
        snapshot = Planted(grid, cosines(grid, {1: 9.0, 4: -9.0}))
        assert measured(KeyFrequencies(), snapshot).headline["frequencies"] == [1]
        assert measured(LogitCosines(keys=(4,)), snapshot).headline["similarity"]["4"] == pytest.approx(-math.sqrt(0.5), abs=1e-12)

    @pytest.mark.parametrize("p", [12, 113])
    def test_logits_that_are_constant_over_c_have_no_frequency(self, p: int) -> None:
        """Centred they are rounding errors, and shares of those are anything, also above 1."""
        offsets = torch.linspace(0, 100, p * p, dtype=torch.float64)[:, None]
        snapshot = Planted(table(p), offsets.expand(p * p, p).contiguous())
        assert measured(KeyFrequencies(), snapshot).headline["frequencies"] == []
        assert measured(LogitCosines(), snapshot).headline["explained"] == 0

    @pytest.mark.parametrize(("similarity", "key"), [(0.0499, False), (0.0501, True)])
    def test_the_threshold(self, similarity: float, key: bool) -> None:
        grid = table(11)
        snapshot = Planted(grid, cosines(grid, {1: 1.0, 4: similarity / math.sqrt(1 - similarity**2)}))
        assert (4 in measured(KeyFrequencies(), snapshot).headline["frequencies"]) is key


def test_an_always_right_lookup_without_cosines_is_told_from_a_circuit() -> None:
    """Right answers alone, 10 at the label and 0 elsewhere, are all frequencies at once: 10 / p each way, none stands out."""
    p = 13
    weights = handmade(p, lambda S, c: 10.0 * (S % p == c))
    found = measured(LogitCosines(), Snapshot(table(p), architecture(p, p + 1, 2 * p - 1), weights, 0))
    assert found.table["similarity"].tolist() == pytest.approx([math.sqrt(1 / 6)] * 6, abs=1e-9)
    assert found.headline["explained"] == pytest.approx(1, abs=1e-9)
