"""Neurons whose waves and whose rows of W_L are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from planted import handmade_snapshot, measured, table
from planted_attention import Told, measured_with
from torch import Tensor

from mechgrok.maths.harmonic import fourier
from mechgrok.maths.landscape import losses
from mechgrok.measures.ablations.neuron_replacement import NeuronReplacement
from mechgrok.measures.ablations.projection_loss import ProjectionLoss
from mechgrok.measures.frequencies.neuron_logit_spectrum import NeuronLogitSpectrum
from mechgrok.measures.neurons.neuron_logit_components import NeuronLogitComponents
from mechgrok.measures.neurons.readout_fit import ReadoutFit

P = 13
A, B = (torch.from_numpy(numbers) for numbers in np.divmod(np.arange(P * P), P))
C = torch.arange(P)


def cosine(k: int, numbers: Tensor, p: int = P) -> Tensor:
    return torch.cos(2 * torch.pi * (k * numbers % p).double() / p)


def sine(k: int, numbers: Tensor, p: int = P) -> Tensor:
    return torch.sin(2 * torch.pi * (k * numbers % p).double() / p)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def told(neurons: Sequence[Tensor], W_L: Sequence[Tensor] | Tensor, direct: Tensor | None = None, train: Any = None) -> Told:
    rows = W_L if isinstance(W_L, Tensor) else torch.stack(tuple(W_L))
    direct = torch.zeros(P * P, P, dtype=torch.float64) if direct is None else direct
    return Told(table(P, train=train), neurons=torch.stack(tuple(neurons), 1), W_L=rows, direct=direct)


def keyed_rows(found: Any) -> pd.DataFrame:
    return found.table[found.table["key"]].set_index(["frequency", "direction"])


class TestReadoutFit:
    @pytest.mark.parametrize("p", [12, 13])
    def test_a_network_of_cosines_has_coefficients_in_closed_form(self, p: int) -> None:
        """A sqrt(p / 2), and A sqrt(p) for k = p / 2, which has no sine."""
        amplitudes = {2: 8.0, 5: 6.0, 6: 4.0}
        found = measured(ReadoutFit(keys=(2, 5, 6)), handmade_snapshot(p, amplitudes))
        rows = keyed_rows(found)
        assert len(rows) == (5 if p == 12 else 6)
        for (k, direction), row in rows.iterrows():
            size = amplitudes[k] * math.sqrt(p if 2 * k == p else p / 2)
            second = 0 if 2 * k == p else -size if direction == "cosine" else size
            numbers = [row["coefficient"], row["first_product"], row["second_product"], row["fve"], row["second_harmonic"]]
            assert numbers == pytest.approx([size, size, second, 1, 0], abs=1e-7)
        means = [found.headline[f"mean_{name}"] for name in ("fve", "correlation_squared", "second_harmonic")]
        assert means == pytest.approx([1, 1, 0], abs=1e-9)

    def test_a_mean_counts_against_the_fit_and_not_against_the_correlation(self) -> None:
        neurons = [1.5 + cosine(2, A + B), sine(2, A + B)]
        found = keyed_rows(measured(ReadoutFit(keys=(2,)), told(neurons, [cosine(2, C), sine(2, C)])))
        assert found["fve"].tolist() == pytest.approx([1 - 1.5**2 / 0.5, 1], abs=1e-12)
        assert found["correlation_squared"].tolist() == pytest.approx([1, 1], abs=1e-12)

    def test_the_second_harmonic(self) -> None:
        neurons = [cosine(5, A + B) + 0.5 * cosine(10, A + B + 4), sine(5, A + B)]
        found = keyed_rows(measured(ReadoutFit(keys=(5,)), told(neurons, [cosine(5, C), sine(5, C)])))
        assert found["second_harmonic"].tolist() == pytest.approx([0.2, 0], abs=1e-12)
        assert found["fve"].tolist() == pytest.approx([0.8, 1], abs=1e-12)

    def test_waves_of_the_difference_are_no_sum(self) -> None:
        """Of a pizza's readout the products have equal signs."""
        found = keyed_rows(measured(ReadoutFit(keys=(3,)), told([cosine(3, A - B), sine(3, A + B)], [cosine(3, C), sine(3, C)])))
        row = found.loc[(3, "cosine")]
        assert (row["fve"], row["coefficient"]) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12))
        assert row["first_product"] == pytest.approx(row["second_product"], rel=1e-12)
        assert row["first_product"] == pytest.approx(math.sqrt(P / 2), rel=1e-12)

    def test_subtraction_has_its_own_phase(self) -> None:
        neurons = torch.stack([cosine(3, A - B), sine(3, A - B)], 1)
        waves = torch.stack([cosine(3, C), sine(3, C)])
        snapshot = Told(table(P, "subtract"), neurons=neurons, W_L=waves, direct=0 * noise(P * P, P))
        assert keyed_rows(measured(ReadoutFit(keys=(3,)), snapshot))["fve"].tolist() == pytest.approx([1, 1], abs=1e-12)

    def test_what_does_not_vary_has_no_fit(self) -> None:
        found = measured(ReadoutFit(keys=(2,)), told([1.5 + 0 * cosine(2, A), cosine(2, A + B)], [cosine(2, C), sine(2, C)]))
        assert found.table.set_index(["frequency", "direction"])["fve"].isna()[2].to_dict() == {"cosine": True, "sine": False}

    def test_silent_neurons_are_read_at_no_frequency(self) -> None:
        found = measured(ReadoutFit(keys=(2,)), told([0 * cosine(2, A)], [cosine(2, C)]))
        assert found.table["fve"].isna().all()
        assert "no key frequency" in found.missing["mean_fve"]


class TestNeuronLogitComponents:
    W_L = (3 * cosine(2, C) + 100, 4 * sine(5, C), 5 * sine(5, C) + 12 * cosine(1, C), 7 * cosine(6, C))
    neurons = (1 + cosine(2, A), 1 + cosine(2, A - B), 1 + cosine(5, A), 2 + cosine(1, A) * cosine(4, B))

    def test_shares_in_closed_form(self) -> None:
        """The powers are p A^2 / 2; the constant is left out. Those of 2 have 9 on 2 and 16 on 5; that of 5 has 25 on 5 and 144 on 1."""
        found = measured_with(NeuronLogitComponents(keys=(2, 5)), told(self.neurons, self.W_L))
        share = found.table.set_index(["neuron_frequency", "frequency"])["share"]
        assert share[2][share[2] > 1e-9].to_dict() == {2: pytest.approx(9 / 25, abs=1e-12), 5: pytest.approx(16 / 25, abs=1e-12)}
        assert share[5][share[5] > 1e-9].to_dict() == {1: pytest.approx(144 / 169, abs=1e-12), 5: pytest.approx(25 / 169, abs=1e-12)}
        assert found.table.groupby("neuron_frequency")["neurons"].first().to_dict() == {0: 4, 2: 2, 5: 1}
        assert found.headline == {
            "own": pytest.approx(34 / 194, abs=1e-12),
            "other_keys": pytest.approx(16 / 194, abs=1e-12),
            "elsewhere": pytest.approx(144 / 194, abs=1e-12),
            "own_by_frequency": {"2": pytest.approx(9 / 25, abs=1e-12), "5": pytest.approx(25 / 169, abs=1e-12)},
        }

    def test_all_neurons_together_are_the_spectrum_of_the_map(self) -> None:
        snapshot = told(self.neurons, self.W_L)
        found = measured_with(NeuronLogitComponents(keys=(2, 5)), snapshot).table
        spectrum = measured(NeuronLogitSpectrum(keys=(2, 5)), snapshot).table
        assert found.loc[found["neuron_frequency"] == 0, "share"].tolist() == pytest.approx(spectrum["share"][1:].tolist(), abs=1e-12)

    def test_the_first_frequency_counts_too(self) -> None:
        found = measured_with(NeuronLogitComponents(keys=(1,)), told((1 + cosine(1, A),), (3 * cosine(1, C),)))
        assert found.headline["own"] == pytest.approx(1, abs=1e-12)

    def test_without_a_specialised_neuron_it_says_so(self) -> None:
        found = measured_with(NeuronLogitComponents(keys=(3,)), told(self.neurons, self.W_L))
        assert "specialised" in found.missing["own"]
        assert found.figure().data


class TestNeuronReplacement:
    polynomial = 2 + 3 * cosine(3, A) * sine(3, B) + cosine(3, A)
    faint = 0.2 * cosine(5, A) + 0.1 * cosine(3, A) * cosine(2, B)
    mixed = 0.9 * cosine(4, B)
    rest = 0.8 * sine(1, A)
    still = torch.full((P * P,), 0.7, dtype=torch.float64)

    def test_what_is_no_polynomial_of_the_best_frequency_goes(self) -> None:
        train = np.arange(P * P) % 3 == 0
        W_L, direct = 2 * noise(3, P), noise(P * P, P, seed=1)
        snapshot = told([self.polynomial + self.faint, 1 + self.mixed + self.rest, self.still], W_L, direct, train)
        found = measured_with(NeuronReplacement(), snapshot).headline
        kept = {
            "unablated": [self.polynomial + self.faint, 1 + self.mixed + self.rest],
            "every": [self.polynomial, 1 + self.mixed],
            "specialised": [self.polynomial, 1 + self.mixed + self.rest],
        }
        for variant, neurons in kept.items():
            logits = direct + torch.stack([*neurons, self.still], 1) @ W_L
            per_row = losses.per_example(logits, snapshot.grid.labels)
            for split, mask in snapshot.grid.subsets.items():
                assert found[f"{variant}_{split}"] == pytest.approx(per_row[mask].mean().item(), rel=1e-10)
        assert len({round(found[f"{variant}_all"], 6) for variant in kept}) == 3

    def test_polynomials_are_their_own_replacement(self) -> None:
        waves = [3 + cosine(k, A) - sine(k, B) + cosine(k, A) * sine(k, B) for k in (1, 6)]
        found = measured_with(NeuronReplacement(), told(waves, 5 * noise(2, P))).headline
        assert found["every_all"] == pytest.approx(found["unablated_all"], rel=1e-10)


class TestProjectionLoss:
    keys = (2, 6)

    def test_neurons_are_projected_and_what_passes_beside_them_stays(self) -> None:
        """By least squares on what key waves read; without the direct part, or with the logits projected, it is another loss."""
        train = np.arange(P * P) % 3 == 0
        neurons, W_L, direct = noise(P * P, 9).relu() + 1, noise(9, P, seed=1), noise(P * P, P, seed=2)
        snapshot = told(list(neurons.T), W_L, direct, train)
        directions = np.stack([(W_L @ wave(k, C)).numpy() for k in self.keys for wave in (cosine, sine)], 1)
        onto = torch.from_numpy(directions @ np.linalg.lstsq(directions, neurons.numpy().T)[0]).T
        mean = neurons.mean(0)
        mean_onto = torch.from_numpy(directions @ np.linalg.lstsq(directions, mean.numpy())[0])
        kept = {"span": onto, "null_space": neurons - onto, "span_and_mean": onto + mean - mean_onto, "unablated": neurons}
        found = measured(ProjectionLoss(keys=self.keys), snapshot).headline
        for variant, values in kept.items():
            per_row = losses.per_example(direct + values @ W_L, snapshot.grid.labels)
            for split, mask in snapshot.grid.subsets.items():
                assert found[f"{variant}_{split}"] == pytest.approx(per_row[mask].mean().item(), rel=1e-10)
        assert found["directions"] == 4
        without_direct = losses.per_example(onto @ W_L, snapshot.grid.labels).mean().item()
        logits = snapshot.logits - direct
        F = fourier.basis(P)[[3, 4, 11, 12]]
        of_outputs = losses.per_example(direct + logits @ F.T @ F, snapshot.grid.labels).mean().item()
        assert abs(found["span_all"] - without_direct) > 1e-2
        assert abs(found["span_all"] - of_outputs) > 1e-2

    def test_the_null_space_of_a_network_of_cosines_guesses(self) -> None:
        """All of W_L lies on the key frequencies: the span holds everything, and what is left reads nothing."""
        for p, directions in ((12, 3), (13, 4)):
            found = measured(ProjectionLoss(keys=(5, 6)), handmade_snapshot(p, {5: 6.0, 6: 4.0})).headline
            assert found["span_all"] == pytest.approx(found["unablated_all"], rel=1e-6)
            assert found["null_space_all"] == pytest.approx(math.log(p), rel=1e-6)
            assert found["directions"] == directions

    def test_without_keys_nothing_is_kept(self) -> None:
        found = measured(ProjectionLoss(keys=()), handmade_snapshot(7, {2: 6.0})).headline
        assert (found["span_all"], found["directions"]) == (pytest.approx(math.log(7), rel=1e-9), 0)
        assert found["null_space_all"] == pytest.approx(found["unablated_all"], rel=1e-12)
