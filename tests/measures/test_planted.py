"""The measures on networks whose answers are known before they are asked."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from planted import Planted, architecture, cosines, handmade, handmade_snapshot, measured, table
from torch import Tensor

from mechgrok.maths import fourier
from mechgrok.measures.embedding_spectrum import EmbeddingSpectrum
from mechgrok.measures.excluded_loss import ExcludedLoss
from mechgrok.measures.gini import Gini
from mechgrok.measures.key_frequencies import KeyFrequencies
from mechgrok.measures.logit_cosines import LogitCosines
from mechgrok.measures.loss import Loss
from mechgrok.measures.neuron_frequencies import NeuronFrequencies
from mechgrok.measures.neuron_logit_spectrum import NeuronLogitSpectrum
from mechgrok.measures.restricted_loss import RestrictedLoss
from mechgrok.measures.weight_norms import WeightNorms
from mechgrok.models.architecture import Architecture
from mechgrok.runs.snapshot import Grid, Snapshot
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
        """Trap 11: projecting every row on its own cosines over c would keep the bumps' own phases: train rows would be better than test."""
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


class TestNeurons:
    p = 113
    a, b = (torch.from_numpy(rows) for rows in np.divmod(np.arange(113**2), 113))

    def wave(self, k: int, numbers: Tensor, phase: float = 0.0) -> Tensor:
        return torch.cos(2 * math.pi * (k * numbers % self.p).double() / self.p + phase)

    @pytest.fixture(scope="class")
    def snapshot(self) -> Planted:
        a, b, n = self.a, self.b, self.p**2
        sums = [1 + self.wave(7, a + b, i) for i in range(5)]
        halves = [2 + self.wave(56, a, i) * self.wave(56, b) for i in range(3)]
        mixed = [8 + 3 * self.wave(9, a + b) + 4 * self.wave(50, a - b)]
        noise = [torch.randn(n, generator=torch.Generator().manual_seed(0), dtype=torch.float64).relu()]
        still = [torch.full((n,), value, dtype=torch.float64) for value in (0, 7.3, 1000 / 3, 98765.4321)]
        return Planted(table(self.p), neurons=torch.stack([*sums, *halves, *mixed, *noise, *still], 1))

    def test_clusters_are_counted_exactly(self, snapshot: Planted) -> None:
        found = measured(NeuronFrequencies(), snapshot).headline
        assert (found["specialised"], found["clusters"]) == (8, {"7": 5, "56": 3})

    def test_shares(self, snapshot: Planted) -> None:
        rows = measured(NeuronFrequencies(), snapshot).table
        assert rows["fve"][:8].tolist() == pytest.approx([1] * 8, abs=1e-9)
        assert (rows["frequency"][8], rows["fve"][8]) == (50, pytest.approx(16 / 25, abs=1e-9))
        assert rows["fve"][9] < 0.01
        assert measured(NeuronFrequencies(threshold=0.6), snapshot).headline["clusters"] == {"7": 5, "50": 1, "56": 3}

    def test_dead_and_constant_neurons_have_no_frequency(self, snapshot: Planted) -> None:
        still = measured(NeuronFrequencies(threshold=0.0), snapshot).table[10:]
        assert still["frequency"].tolist() == [0, 0, 0, 0]
        assert still["fve"].isna().all()
        assert not still["specialised"].any()
        assert still["active"].tolist() == [0, 1, 1, 1]

    def test_active_is_the_share_of_rows_above_zero(self, snapshot: Planted) -> None:
        assert measured(NeuronFrequencies(), snapshot).table["active"][9] == pytest.approx(0.5, abs=0.02)

    def test_key_frequencies_by_clusters(self, snapshot: Planted) -> None:
        """Five and three of fourteen neurons; those without variance belong to no cluster."""
        found = measured(KeyFrequencies(rule="neuron-clusters"), snapshot)
        assert found.headline["frequencies"] == [7, 56]
        scores = found.table.set_index("frequency")["score"]
        assert scores[scores > 0].to_dict() == {7: pytest.approx(5 / 14), 56: pytest.approx(3 / 14)}
        assert measured(KeyFrequencies(rule="neuron-clusters", threshold=0.3), snapshot).headline["frequencies"] == [7]

    def test_constant_neurons_are_no_cluster(self) -> None:
        """Their variance is zero or rounding; a share of that is anything, infinity included."""
        values = 1000 * torch.rand(400, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        constant = Planted(table(self.p), neurons=values.expand(self.p**2, 400).contiguous())
        assert measured(KeyFrequencies(rule="neuron-clusters", threshold=0.0), constant).headline["frequencies"] == []
        assert measured(NeuronFrequencies(), constant).missing["mean_fve"] == "no neuron varies over the table"

    def test_a_faint_neuron_is_a_neuron(self) -> None:
        """A share does not depend on the unit."""
        faint = Planted(table(self.p), neurons=1e-7 * (1 + self.wave(7, self.a + self.b))[:, None])
        assert measured(NeuronFrequencies(), faint).headline["clusters"] == {"7": 1}
        assert measured(KeyFrequencies(rule="neuron-clusters"), faint).headline["frequencies"] == [7]


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

    @pytest.mark.xfail(strict=True, reason="Gini of the rounding errors that a constant matrix leaves in its Fourier components")
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


class TestRelabelling:
    def random_network(self, p: int, classes: int) -> Snapshot:
        draw = torch.Generator().manual_seed(5)
        shape = Architecture(**(vars(architecture(p)) | {"heads": 2, "d_head": 4, "d_vocab_out": classes}))
        sizes = {
            "embed.W_E": (p + 1, 8),
            "pos_embed.W_pos": (3, 8),
            **{f"blocks.0.attn.W_{letter}": (2, 8, 4) for letter in "QKV"},
            "blocks.0.attn.W_O": (2, 4, 8),
            "blocks.0.mlp.W_in": (8, 6),
            "blocks.0.mlp.b_in": (6,),
            "blocks.0.mlp.W_out": (6, 8),
            "blocks.0.mlp.b_out": (8,),
            "unembed.W_U": (8, classes),
            "unembed.b_U": (classes,),
        }
        weights = {name: torch.randn(size, generator=draw, dtype=torch.float64) for name, size in sizes.items()}
        return Snapshot(table(p), shape, weights, 0)

    @pytest.mark.parametrize(("p", "classes"), [(7, 7), (7, 8), (8, 9)])
    def test_logits_are_those_of_the_renamed_numbers(self, p: int, classes: int) -> None:
        """L'[a, b, c] = L[pi a, pi b, pi c], with pi read off the embedding; '=' keeps its row and its column."""
        original = self.random_network(p, classes)
        renamed = original.relabelled(torch.Generator().manual_seed(1))
        pi = [int((original.weights["embed.W_E"] == row).all(1).nonzero()) for row in renamed.weights["embed.W_E"]]
        assert sorted(pi) == list(range(p + 1))
        assert pi[p] == p
        assert pi != sorted(pi)
        L, L2 = original.logits.view(p, p, p), renamed.logits.view(p, p, p)
        index = torch.tensor(pi[:p])
        assert torch.allclose(L2, L[index][:, index][:, :, index], atol=1e-10)
        if classes > p:
            assert torch.equal(renamed.weights["unembed.W_U"][:, p], original.weights["unembed.W_U"][:, p])

    def test_norms_and_the_original_stay(self) -> None:
        original = self.random_network(7, 8)
        before = {name: weight.clone() for name, weight in original.weights.items()}
        renamed = original.relabelled(torch.Generator().manual_seed(1))
        squares = [measured(WeightNorms(), snapshot).headline["by_parameter"] for snapshot in (renamed, original)]
        assert squares[0] == pytest.approx(squares[1], rel=1e-13)
        assert torch.linalg.svdvals(renamed.neuron_logit_map).tolist() == pytest.approx(
            torch.linalg.svdvals(original.neuron_logit_map).tolist(), abs=1e-9
        )
        assert all(torch.equal(weight, before[name]) for name, weight in original.weights.items())

    def test_structure_goes(self) -> None:
        """Random unit cubes have about p / 2 of the (p - 1)^2 dimensions in which relabelled cosines lie, so explained is near 1 / (2 p)."""
        p = 59
        original = handmade_snapshot(p, {5: 40.0, 17: 30.0, 29: 30.0})
        assert measured(Loss(), original).headline["accuracy_all"] == 1
        drawn = [original.relabelled(torch.Generator().manual_seed(seed)) for seed in range(4)]
        assert all(measured(Loss(), snapshot).headline["accuracy_all"] < 0.1 for snapshot in drawn)
        assert all(measured(LogitCosines(keys=(5,)), snapshot).headline["explained"] < 0.05 for snapshot in drawn)
        assert len({tuple(snapshot.weights["embed.W_E"][:, 0].tolist()) for snapshot in drawn}) == 4


def test_an_always_right_lookup_without_cosines_is_told_from_a_circuit() -> None:
    """Right answers alone, 10 at the label and 0 elsewhere, are all frequencies at once: 10 / p each way, none stands out."""
    p = 13
    weights = handmade(p, lambda S, c: 10.0 * (S % p == c))
    found = measured(LogitCosines(), Snapshot(table(p), architecture(p, p + 1, 2 * p - 1), weights, 0))
    assert found.table["similarity"].tolist() == pytest.approx([math.sqrt(1 / 6)] * 6, abs=1e-9)
    assert found.headline["explained"] == pytest.approx(1, abs=1e-9)
