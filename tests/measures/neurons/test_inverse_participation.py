"""inverse-participation on planted networks."""

from __future__ import annotations

import pytest
import torch
from planted import measured, table
from planted_neurons import wave, with_neurons
from torch import Tensor

from mechgrok.engine.outcomes import Result
from mechgrok.measures.neurons.inverse_participation import InverseParticipation

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


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
