"""neuron-frequencies on planted networks, against published numbers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch
from planted import Planted, measured, table
from torch import Tensor

from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies
from mechgrok.measures.neurons.neuron_frequencies import NeuronFrequencies, _clusters

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


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


def test_clusters_are_those_that_ever_had_a_neuron_by_frequency() -> None:
    """Three neurons of 5, and of 2 one at the first step alone; 7 never has a specialised one."""
    neurons = {0: [(5, False), (5, False), (2, True), (7, False)], 10: [(5, True), (5, True), (5, True), (7, False)]}
    rows = [(step, k, specialised) for step, found in neurons.items() for k, specialised in found]
    shown = _clusters(pd.DataFrame(rows, columns=["step", "frequency", "specialised"]))
    expected = [["k = 2", 0, 1], ["k = 2", 10, 0], ["k = 5", 0, 0], ["k = 5", 10, 3]]
    assert shown[["frequency", "step", "neurons"]].to_numpy().tolist() == expected
    assert _clusters(pd.DataFrame(rows, columns=["step", "frequency", "specialised"]), most=1)["frequency"].unique().tolist() == ["k = 5"]


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: p = 113, python-shuffle of .3 with seed 1."""

    def test_neurons(self, nanda) -> None:
        found = nanda["neuron-frequencies"].headline
        assert (found["specialised"], found["clusters"]) == (405, {"6": 106, "23": 194, "39": 105})


class TestC113:
    """chughtai2023/C113_T_seed1: a HookedTransformer state dict, 113 classes, split unknown."""

    def test_neurons(self, chughtai) -> None:
        found = chughtai["neuron-frequencies"].headline
        assert (found["specialised"], found["clusters"]) == (495, {"16": 196, "30": 103, "56": 196})
