"""irrep-restricted-loss on planted networks."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch
from planted import Planted, measured
from planted_characters import CASES, Amplitudes, cases, grid_of, planted_logits
from torch import Tensor

from mechgrok.maths.algebra.groups import Group
from mechgrok.maths.algebra.representations import real_irreps
from mechgrok.measures.groups.character_cosines import CharacterCosines
from mechgrok.measures.groups.irrep_restricted_loss import IrrepRestrictedLoss


def loss_by_hand(logits: Tensor, labels: Tensor) -> np.ndarray:
    values = logits.numpy()
    return np.log(np.exp(values).sum(1)) - values[np.arange(len(labels)), labels.numpy()]


@cases
@pytest.mark.parametrize("operation", ["compose", "conjugate", "aba"])
class TestPlantedCharacters:
    @pytest.fixture
    def snapshot(self, group: Group, amplitudes: Amplitudes, operation: str) -> Planted:
        train = np.random.default_rng(0).random(group.order**2) < 0.4
        grid = grid_of(group, operation, train)
        return Planted(grid, planted_logits(grid, group, amplitudes))

    def test_restricted_is_the_whole_loss_and_excluded_is_guessing(self, snapshot: Planted, group: Group, amplitudes: Amplitudes) -> None:
        found = measured(IrrepRestrictedLoss(), snapshot).headline
        per_row = loss_by_hand(snapshot.logits, snapshot.grid.labels)
        for split in ("all", "train", "test"):
            assert found[split] == pytest.approx(per_row[snapshot.grid.subsets[split].numpy()].mean(), rel=1e-10)
        assert (found["excluded_all"], found["excluded_train"]) == pytest.approx([math.log(group.order)] * 2, rel=1e-12)

    def test_without_one_the_loss_is_that_of_the_others(self, snapshot: Planted, group: Group, amplitudes: Amplitudes) -> None:
        found = measured(IrrepRestrictedLoss(), snapshot).headline["excluded_all_by_irrep"]
        for removed in amplitudes:
            others = {name: A for name, A in amplitudes.items() if name != removed}
            expected = loss_by_hand(planted_logits(snapshot.grid, group, others), snapshot.grid.labels).mean()
            assert found.pop(removed) == pytest.approx(expected, rel=1e-10)
        assert not found


class TestTraps:
    group, amplitudes = CASES["S4"]

    def test_a_bias_is_put_back_by_restricted_and_left_in_by_excluded_loss(self) -> None:
        grid, bias = grid_of(self.group), torch.linspace(-2, 3, 24, dtype=torch.float64)
        snapshot = Planted(grid, planted_logits(grid, self.group, self.amplitudes) + bias)
        found = measured(IrrepRestrictedLoss(), snapshot).headline
        assert found["all"] == pytest.approx(loss_by_hand(snapshot.logits, grid.labels).mean(), rel=1e-10)
        assert found["excluded_all"] == pytest.approx(math.log(bias.exp().sum()) - bias.mean().item(), rel=1e-10)
        planted = sum(A**2 for A in self.amplitudes.values())
        explained = planted / (planted + bias.var(correction=0).item())
        assert measured(CharacterCosines(), snapshot).headline["explained"] == pytest.approx(explained, rel=1e-10)

    def test_the_projection_keeps_all_matrix_entries_of_the_row_not_only_characters(self) -> None:
        """rho_01(a b) w_c is no function of a b c^-1: the characters do not see it, the restricted loss keeps it whole."""
        grid, irrep = grid_of(self.group), real_irreps(self.group)[1]
        entries = 4 * irrep.matrices[:, 0, 1][grid.labels][:, None] * torch.linspace(-1, 1, 24, dtype=torch.float64)
        snapshot = Planted(grid, entries)
        key = pd.DataFrame({"irrep": [irrep.name], "key": [True]})
        losses = IrrepRestrictedLoss().compute(snapshot, {"keys": key}).groupby("variant")["loss"].first()
        assert losses["restricted"] == pytest.approx(loss_by_hand(entries, grid.labels).mean(), rel=1e-10)
        assert losses["excluded"] == pytest.approx(math.log(24), rel=1e-12)
        assert measured(CharacterCosines(), snapshot).headline["explained"] < 0.2

    def test_memorised_rows_survive_exclusion_and_not_restriction(self) -> None:
        train = np.random.default_rng(1).random(576) < 0.3
        grid = grid_of(self.group, train=train)
        logits = planted_logits(grid, self.group, {"(3,1)": 0.7})
        rows = torch.from_numpy(np.flatnonzero(train))
        logits[rows, grid.labels[rows]] += 6
        key = pd.DataFrame({"irrep": ["(3,1)"], "key": [True]})
        losses = (
            IrrepRestrictedLoss()
            .compute(Planted(grid, logits), {"keys": key})
            .set_index(["variant", "irrep", "split"])["loss"]
            .sort_index()
        )
        excluded, restricted = losses["excluded", "(3,1)"], losses["restricted", "all key"]
        assert excluded["train"] < 0.3
        assert excluded["test"] > math.log(24)
        assert restricted["train"] == pytest.approx(restricted["test"], rel=0.1)
