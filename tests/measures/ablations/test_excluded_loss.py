"""excluded-loss on planted networks, against published numbers and wrong readings of its definition."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from by_hand import loss_by_hand, noise, some_train
from corrupted import TASK, TRAIN, corrupted
from planted import Planted, cosine_logits, handmade_snapshot, measured, table
from published import KEYS, PRECISE, THREE, each, kept, loss, nats
from torch import Tensor

from mechgrok.data.corruptions.increment import Increment
from mechgrok.maths.harmonic import cosines, exclusion, faint
from mechgrok.measures.ablations.excluded_loss import ExcludedLoss
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import Run
from mechgrok.runs.snapshot import Snapshot

AMPLITUDES = {2: 8.0, 5: 6.0, 6: 4.0}
"""6 is p // 2 for both moduli."""

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def bumps(grid: Grid, size: float = 5.0) -> Tensor:
    """Memorised answers: the train rows get their label on top."""
    logits = torch.zeros(len(grid.labels), grid.p, dtype=torch.float64)
    rows = torch.nonzero(grid.subsets["train"])[:, 0]
    logits[rows, grid.labels[rows]] = size
    return logits


@pytest.mark.parametrize("p", [12, 13])
class TestHandmadeTransformer:
    """Real weights, through the forward pass: logits are exactly sum_k A_k cos w_k (a + b - c)."""

    @pytest.fixture
    def snapshot(self, p: int) -> Snapshot:
        return handmade_snapshot(p, AMPLITUDES, some_train(p))

    def test_without_one_frequency_the_loss_is_that_of_the_others(self, snapshot: Snapshot, p: int) -> None:
        train = snapshot.grid.subsets["train"].numpy()
        found = measured(ExcludedLoss(), snapshot).headline["train_by_frequency"]
        for removed in AMPLITUDES:
            others = {k: A for k, A in AMPLITUDES.items() if k != removed}
            expected = loss_by_hand(cosine_logits(snapshot.grid, others).numpy(), snapshot.grid.labels.numpy())
            assert found.pop(str(removed)) == pytest.approx(expected[train].mean(), rel=1e-8)
        assert not found


class TestMeanCorrection:
    """Trap 4: a bias m_c on the logits. Restricted loss puts it back, excluded loss leaves it in, neither other variant knows of it."""

    p = 13
    bias = torch.linspace(-2, 3, 13, dtype=torch.float64)

    @pytest.fixture(scope="class")
    def snapshot(self) -> Planted:
        grid = table(self.p)
        return Planted(grid, cosine_logits(grid, AMPLITUDES) + self.bias)

    def test_excluded(self, snapshot: Planted) -> None:
        """log sum exp m - mean m, because every label has as many rows; with the mean taken out it would be log p."""
        found = measured(ExcludedLoss(), snapshot).headline
        expected = math.log(self.bias.exp().sum()) - self.bias.mean().item()
        assert (found["all"], found["all_cube"]) == (pytest.approx(expected, rel=1e-10), pytest.approx(expected, rel=1e-10))
        assert expected != pytest.approx(math.log(self.p), rel=1e-2)


class TestMemorisation:
    """Cosines that generalise, and bumps on the train rows."""

    p = 13

    @pytest.fixture(scope="class")
    def snapshot(self) -> Planted:
        grid = table(self.p, train=some_train(self.p))
        return Planted(grid, cosine_logits(grid, {3: 2.0, 6: 1.5}) + bumps(grid))

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


class TestExcludedLoss:
    @pytest.mark.parametrize("operation", ["add", "add-squares"])
    def test_every_frequency_on_every_split(self, operation) -> None:
        """Least squares on the rows, where phases are not uniform too."""
        p = 7
        grid = table(p, operation, some_train(p))
        logits = cosine_logits(grid, {1: 5.0, 3: 4.0}) + noise(p * p, p)
        rows = measured(ExcludedLoss(), Planted(grid, logits)).table.set_index(["variant", "frequency", "split"])
        for k in (1, 2, 3):
            angle = 2 * np.pi * (k * grid.phase.numpy() % p) / p
            columns = np.stack([np.cos(angle), np.sin(angle)], 1)
            rest = logits.numpy() - columns @ np.linalg.lstsq(columns, logits.numpy())[0]
            for split, mask in grid.subsets.items():
                expected = loss_by_hand(rest, grid.labels.numpy())[mask.numpy()].mean()
                assert rows["loss"]["2-D", k, split] == pytest.approx(expected, rel=1e-11)
        assert rows["key"].xs("2-D").xs("all", level="split").to_dict() == {0: True, 1: True, 2: False, 3: True}


class TestFaintFrequencies:
    """Frequencies that are removed to first order, against their removal from every row; train labels are partly corrupted."""

    @pytest.fixture
    def snapshot(self) -> Planted:
        grid = Grid.of(TASK, TRAIN, corrupted(Increment(fraction=0.3)))
        return Planted(grid, cosine_logits(grid, {2: 6.0}) + 0.05 * noise(len(grid.rows), grid.p))

    @pytest.mark.parametrize("keys", [(2,), (1,)])
    def test_within_their_bound(self, snapshot: Planted, keys: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
        exact = measured(ExcludedLoss(keys=keys), snapshot).table["loss"]
        monkeypatch.setitem(faint.NEGLIGIBLE, torch.float64, 1e-3)
        heights = exclusion.heights(snapshot.phase_sums, snapshot.grid.counts)
        assert (faint.errors(heights, snapshot.p) <= 1e-3).tolist() == [True, False, True, True, True]
        found = measured(ExcludedLoss(keys=keys), snapshot).table["loss"]
        assert ((exact - found).abs() > 1e-14).any()
        assert (exact - found).between(-1e-14, 1e-3).all()

    def test_no_pass_where_all_are_faint(self, snapshot: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(faint.NEGLIGIBLE, torch.float64, math.inf)
        monkeypatch.setattr(exclusion, "mean_losses", None)
        rows = exclusion_of(snapshot, keys=[])
        assert (rows[:, 0] == rows[:, 1]).all()
        assert rows[0, 0] == pytest.approx(snapshot.losses.mean().item(), rel=1e-14)


def exclusion_of(snapshot: Snapshot, keys: list[int]) -> np.ndarray:
    """Losses (splits, 2 + p // 2) without a key set that is given to the measure itself."""
    given = {"keys": pd.DataFrame({"frequency": keys, "key": [True] * len(keys)})}
    return ExcludedLoss().compute(snapshot, given)["loss"].to_numpy().reshape(3, -1)


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: p = 113, python-shuffle of .3 with seed 1."""

    def test_excluded_loss(self, nanda) -> None:
        found = nanda["excluded-loss"].headline
        assert (found["train"], found["all"], found["all_cube"]) == (nats(18.4849542), nats(18.72137), nats(29.23418))
        assert found["train_by_frequency"] == each({"3": 0.3537767, "6": 1.0588978, "23": 8.1494801, "39": 0.9394347}, nats)

    def test_excluded_loss_of_another_key_set(self, nanda) -> None:
        found = nanda[f"excluded-loss(keys={THREE})"].headline
        assert found["train"] == nats(16.9501734)
        assert found["train_by_frequency"] == each({"6": 1.0588978, "23": 8.1494801, "39": 0.9394347}, nats)

    def test_one_key_frequency_at_a_time(self, nanda) -> None:
        rows = nanda["excluded-loss"].table.query("split == 'train' and variant == '2-D' and frequency > 0").set_index("frequency")
        assert list(rows.index) == list(range(1, 57))
        assert rows.index[rows["key"]].tolist() == [3, 6, 23, 39]
        assert rows.loc[~rows["key"], "loss"].max() < 0.1 < 0.3537 < rows.loc[rows["key"], "loss"].min()


class TestC113:
    """The split is in no file of the authors'; with `torch.manual_seed(1); torch.randperm` and .3 their train and test losses come out."""

    @pytest.fixture(scope="class")
    def authors(self, oracles: Path) -> Mapping[str, float]:
        return json.loads((oracles / "chughtai2023" / "C113_T_seed1" / "summary_metrics.json").read_text())

    def test_every_excluded_loss_of_the_authors(self, chughtai_split_run: Run, authors) -> None:
        """Theirs are over train rows, in cube form: 56 frequencies in one product, and all three keys together."""
        snapshot = chughtai_split_run.snapshot()
        grid, sums = snapshot.grid, snapshot.phase_sums
        removed = [*([k] for k in range(1, 57)), [16, 30, 56]]
        cubes = torch.stack([cosines.cube_part(sums, grid.counts, keys) for keys in removed], dim=1)
        train = grid.subsets["train"][None]
        found = exclusion.mean_losses(exclusion.Logits.of(snapshot.logits), grid.phase, grid.labels, lambda phases: cubes[phases], train)[
            0
        ].tolist()
        expected = [*(authors[f"logit_excluded_loss_freq_{k}_rep"] for k in range(1, 57)), authors["total_logit_excluded_loss"]]
        assert found == pytest.approx(expected, rel=1e-5)

    def test_excluded_loss_as_a_measure(self, chughtai_split, authors) -> None:
        rows = chughtai_split["excluded-loss"].table.set_index(["variant", "frequency", "split"])["loss"]
        assert rows["cube", 0, "train"] == pytest.approx(authors["total_logit_excluded_loss"], rel=1e-5)


class TestTrap4MeanCorrection:
    """Restricted loss gets the mean of what is dropped, excluded loss does not."""

    @pytest.mark.parametrize(("weights", "keys", "published"), [("nanda", KEYS, 18.72137), ("chughtai", [16, 30, 56], 9.347174)])
    def test_excluded_with_it(self, weights: str, keys: list[int], published: float, request: pytest.FixtureRequest) -> None:
        snapshot = request.getfixturevalue(f"{weights}_run").snapshot()
        rest = snapshot.logits - kept(snapshot, keys)
        assert loss(rest - rest.mean(0), snapshot.grid.labels) != pytest.approx(published, rel=1e-2)
        assert request.getfixturevalue(weights)["excluded-loss"].headline["all"] == pytest.approx(published, rel=PRECISE["loss"])
