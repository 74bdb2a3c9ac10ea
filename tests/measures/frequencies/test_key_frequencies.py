"""key-frequencies on planted networks, against published numbers and wrong readings of its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from by_hand import some_train
from planted import Planted, cosine_logits, handmade_snapshot, measured, table
from published import PRECISE, kept, loss
from torch import Tensor

from mechgrok.maths.harmonic import cosines
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies
from mechgrok.measures.logits.logit_cosines import LogitCosines
from mechgrok.runs.run import Run
from mechgrok.runs.snapshot import Snapshot

AMPLITUDES = {2: 8.0, 5: 6.0, 6: 4.0}
"""6 is p // 2 for both moduli."""

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("p", [12, 13])
class TestHandmadeTransformer:
    """Real weights, through the forward pass: logits are exactly sum_k A_k cos w_k (a + b - c)."""

    @pytest.fixture
    def snapshot(self, p: int) -> Snapshot:
        return handmade_snapshot(p, AMPLITUDES, some_train(p))

    def test_key_frequencies_with_half_of_p(self, snapshot: Snapshot, p: int) -> None:
        assert measured(KeyFrequencies(), snapshot).headline["frequencies"] == [2, 5, 6]


class TestPlantedCosines:
    def test_another_operations_cosines_are_none(self) -> None:
        subtract = cosine_logits(table(11, "subtract"), {1: 9.0, 4: 9.0})
        snapshot = Planted(table(11), subtract)
        assert measured(KeyFrequencies(), snapshot).headline["frequencies"] == []
        assert measured(LogitCosines(), snapshot).headline["explained"] == pytest.approx(0, abs=1e-12)

    def test_anti_correlated_cosines_are_no_key(self) -> None:
        grid = table(11)
        snapshot = Planted(grid, cosine_logits(grid, {1: 9.0, 4: -9.0}))
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
        snapshot = Planted(grid, cosine_logits(grid, {1: 1.0, 4: similarity / math.sqrt(1 - similarity**2)}))
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

    def test_key_frequencies_by_clusters(self, snapshot: Planted) -> None:
        """Five and three of fourteen neurons; those without variance belong to no cluster."""
        found = measured(KeyFrequencies(rule="neuron-clusters"), snapshot)
        assert found.headline["frequencies"] == [7, 56]
        scores = found.table.set_index("frequency")["score"]
        assert scores[scores > 0].to_dict() == {7: pytest.approx(5 / 14), 56: pytest.approx(3 / 14)}
        assert measured(KeyFrequencies(rule="neuron-clusters", threshold=0.3), snapshot).headline["frequencies"] == [7]


def test_logits_of_zero_are_similar_to_no_cosine() -> None:
    found = measured(KeyFrequencies(), Planted(table(7), torch.zeros(49, 7, dtype=torch.float64))).table
    assert found["score"].tolist() == [0, 0, 0]


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: p = 113, python-shuffle of .3 with seed 1."""

    def test_key_frequencies(self, nanda) -> None:
        assert nanda["key-frequencies"].headline["frequencies"] == [3, 6, 23, 39]
        assert nanda["key-frequencies(rule=neuron-clusters)"].headline["frequencies"] == [6, 23, 39]


class TestC113:
    """chughtai2023/C113_T_seed1: a HookedTransformer state dict, 113 classes, split unknown."""

    def test_key_frequencies_reach_half_of_p(self, chughtai) -> None:
        """Trap 2: 56 = 113 // 2 is one of the three."""
        assert chughtai["key-frequencies"].headline["frequencies"] == [16, 30, 56]


def test_trap_2_half_of_p_is_skipped(chughtai_run: Run, chughtai) -> None:
    """`range(1, p // 2)` has no 56, and with 56 goes a tenth of what cosines explain."""
    snapshot = chughtai_run.snapshot()
    centred = (snapshot.logits - snapshot.logits.mean(1, keepdim=True)).norm()
    similarity = cosines.cube_coefficients(snapshot.phase_sums, snapshot.grid.counts) / centred
    wrong = [k for k in range(1, snapshot.p // 2) if similarity[k - 1] > 0.05]
    assert wrong == [16, 30]
    assert chughtai["key-frequencies"].headline["frequencies"] == [16, 30, 56]
    assert similarity[:-1].square().sum().item() < 0.9685424 - 0.05
    assert chughtai["logit-cosines"].headline["explained"] == pytest.approx(0.9685424, abs=PRECISE["share"])
    assert loss(snapshot.logits - kept(snapshot, wrong), snapshot.grid.labels) != pytest.approx(9.347174, rel=1e-2)
    assert chughtai["excluded-loss"].headline["all"] == pytest.approx(9.347174, rel=PRECISE["loss"])
