"""On a cyclic group the measures of representations equal the Fourier measures of addition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from planted import Planted, measured, table
from planted_characters import drawn, flat, grid_of, planted_logits

from mechgrok.measures.ablations.excluded_loss import ExcludedLoss
from mechgrok.measures.ablations.restricted_loss import RestrictedLoss
from mechgrok.measures.frequencies.embedding_spectrum import EmbeddingSpectrum
from mechgrok.measures.groups.character_cosines import CharacterCosines
from mechgrok.measures.groups.irrep_restricted_loss import IrrepRestrictedLoss
from mechgrok.measures.groups.irrep_shares import IrrepShares
from mechgrok.measures.logits.logit_cosines import LogitCosines
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.group import GroupTask


@pytest.mark.parametrize("p", [7, 8])
class TestCyclic:
    """On Z_p everything is what the Fourier measures say of addition, for any network."""

    @pytest.fixture
    def pair(self, p: int) -> tuple[Planted, Planted]:
        train, logits = np.random.default_rng(4).random(p * p) < 0.5, 2 * drawn(p * p, p)
        logits += 1.5 * planted_logits(
            grid_of(GroupTask(group="cyclic", n=p).structure), GroupTask(group="cyclic", n=p).structure, {"E2": 1.0}
        )
        grid = Grid.of(GroupTask(group="cyclic", n=p), train)
        return Planted(grid, logits), Planted(table(p, train=train), logits)

    @staticmethod
    def name(k: int, p: int) -> str:
        return "B" if 2 * k == p else f"E{k}"

    def test_similarities(self, pair: tuple[Planted, Planted], p: int) -> None:
        ours = measured(CharacterCosines(), pair[0]).table.set_index("irrep")["similarity"]
        theirs = measured(LogitCosines(), pair[1]).table.set_index("frequency")["similarity"]
        assert {k: ours[self.name(k, p)] for k in theirs.index} == pytest.approx(theirs.to_dict(), abs=1e-12)

    def test_losses(self, pair: tuple[Planted, Planted], p: int) -> None:
        keys = (2, p // 2)
        given = {"keys": pd.DataFrame({"irrep": [self.name(k, p) for k in keys], "key": True})}
        ours = IrrepRestrictedLoss().compute(pair[0], given).set_index(["variant", "irrep", "split"])["loss"]
        restricted = measured(RestrictedLoss(keys=keys), pair[1]).headline
        excluded = measured(ExcludedLoss(keys=keys), pair[1]).headline
        for split in ("all", "train", "test"):
            assert ours["restricted", "all key", split] == pytest.approx(restricted[split], rel=1e-12)
        assert ours["excluded", "all key", "train"] == pytest.approx(excluded["train"], rel=1e-12)
        for k in keys:
            assert ours["excluded", self.name(k, p), "train"] == pytest.approx(excluded["train_by_frequency"][str(k)], rel=1e-12)

    def test_shares(self, p: int) -> None:
        weights = {"embed.W_E": drawn(p + 1, 5), "unembed.W_U": drawn(5, p)}
        ours, theirs = (
            measured(measure, Snapshot(Grid.of(task, None), flat(p, 5), weights, 0)).table
            for measure, task in ((IrrepShares(), GroupTask(group="cyclic", n=p)), (EmbeddingSpectrum(keys=(1,)), table(p).task))
        )
        shares = ours[ours["matrix"] == "W_E"].set_index("irrep")["share"]
        assert {k: shares[self.name(k, p)] for k in range(1, p // 2 + 1)} == pytest.approx(
            theirs.set_index("frequency")["share"][1:].to_dict(), abs=1e-12
        )
