"""neuron-logit-components on planted networks."""

from __future__ import annotations

import pytest
from planted import measured
from planted_attention import A, B, cosine, measured_with, sine
from planted_readout import C, told

from mechgrok.measures.frequencies.neuron_logit_spectrum import NeuronLogitSpectrum
from mechgrok.measures.neurons.neuron_logit_components import NeuronLogitComponents


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
