"""restricted-loss on planted networks, against published numbers and wrong readings of its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from by_hand import loss_by_hand, noise, some_train
from planted import Planted, cosine_logits, handmade_snapshot, measured, table
from published import KEYS, PRECISE, THREE, each, kept, loss, nats
from torch import Tensor

from mechgrok.maths.harmonic import cosines, fourier
from mechgrok.maths.landscape import losses
from mechgrok.measures.ablations.excluded_loss import ExcludedLoss
from mechgrok.measures.ablations.restricted_loss import RestrictedLoss
from mechgrok.measures.grokking.loss import Loss
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

    def test_restricted_is_the_whole_loss_and_excluded_is_guessing(self, snapshot: Snapshot, p: int) -> None:
        per_row = loss_by_hand(cosine_logits(snapshot.grid, AMPLITUDES).numpy(), snapshot.grid.labels.numpy())
        restricted, excluded = measured(RestrictedLoss(), snapshot).headline, measured(ExcludedLoss(), snapshot).headline
        for split in ("all", "train", "test"):
            full = per_row[snapshot.grid.subsets[split].numpy()].mean()
            assert restricted[split] == pytest.approx(full, rel=1e-8)
        assert restricted["all_uncorrected"] == pytest.approx(per_row.mean(), rel=1e-8)
        assert restricted["all_cube"] == pytest.approx(per_row.mean(), rel=1e-8)
        assert [excluded[key] for key in ("train", "all", "all_cube")] == pytest.approx([math.log(p)] * 3, rel=1e-9)


class TestMeanCorrection:
    """Trap 4: a bias m_c on the logits. Restricted loss puts it back, excluded loss leaves it in, neither other variant knows of it."""

    p = 13
    bias = torch.linspace(-2, 3, 13, dtype=torch.float64)

    @pytest.fixture(scope="class")
    def snapshot(self) -> Planted:
        grid = table(self.p)
        return Planted(grid, cosine_logits(grid, AMPLITUDES) + self.bias)

    def test_restricted(self, snapshot: Planted) -> None:
        found, labels = measured(RestrictedLoss(), snapshot).headline, snapshot.grid.labels.numpy()
        assert found["all"] == pytest.approx(loss_by_hand(snapshot.logits.numpy(), labels).mean(), rel=1e-10)
        clean = loss_by_hand(cosine_logits(snapshot.grid, AMPLITUDES).numpy(), labels).mean()
        assert found["all_uncorrected"] == pytest.approx(clean, rel=1e-10)
        assert found["all_cube"] == pytest.approx(clean, rel=1e-10)
        assert found["all"] != pytest.approx(clean, rel=1e-2)


class TestMemorisation:
    """Cosines that generalise, and bumps on the train rows."""

    p = 13

    @pytest.fixture(scope="class")
    def snapshot(self) -> Planted:
        grid = table(self.p, train=some_train(self.p))
        return Planted(grid, cosine_logits(grid, {3: 2.0, 6: 1.5}) + bumps(grid))

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


def test_the_mean_over_rows_where_phases_are_not_uniform() -> None:
    """What is kept has a mean of its own over the rows of a^2 + b^2 mod 7."""
    grid = table(7, "add-squares")
    logits = torch.randn(49, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    angles = [2 * np.pi * (k * grid.task.phase() % 7) / 7 for k in (1, 3)]
    columns = np.stack([f(angle) for angle in angles for f in (np.cos, np.sin)], axis=1)
    kept = columns @ np.linalg.lstsq(columns, logits.numpy())[0]
    expected = loss_by_hand(kept + (logits.numpy() - kept).mean(0), grid.labels.numpy()).mean()
    assert measured(RestrictedLoss(keys=(1, 3)), Planted(grid, logits)).headline["all"] == pytest.approx(expected, rel=1e-11)


class TestRestrictedLoss:
    p = 13

    @pytest.fixture
    def snapshot(self) -> Planted:
        grid = table(self.p, train=some_train(self.p))
        return Planted(grid, cosine_logits(grid, AMPLITUDES) + 2 * noise(self.p**2, self.p) + torch.linspace(-2, 3, self.p))

    def test_the_diagonal_of_the_complex_transform_and_the_mean_are_the_2d_variant(self, snapshot: Planted) -> None:
        spectrum = np.fft.fft2(snapshot.logits.view(self.p, self.p, self.p).numpy(), axes=(0, 1))
        diagonal = [k in AMPLITUDES or self.p - k in AMPLITUDES for k in range(self.p)]
        kept = np.fft.ifft2(spectrum * np.diag(diagonal)[:, :, None], axes=(0, 1)).real.reshape(-1, self.p)
        kept += (snapshot.logits.numpy() - kept).mean(0)
        found = measured(RestrictedLoss(keys=(2, 5, 6)), snapshot).headline
        assert found["all"] == pytest.approx(loss_by_hand(kept, snapshot.grid.labels.numpy()).mean(), rel=1e-11)

    def test_row_wise_keeps_each_rows_own_waves_over_c(self, snapshot: Planted) -> None:
        spectrum = np.fft.fft(snapshot.logits.numpy(), axis=1)
        kept = np.fft.ifft(spectrum * [k in AMPLITUDES or self.p - k in AMPLITUDES for k in range(self.p)], axis=1).real
        per_row = loss_by_hand(kept, snapshot.grid.labels.numpy())
        rows = measured(RestrictedLoss(keys=(2, 5, 6)), snapshot).table.set_index(["variant", "split"])["loss"]
        for split, mask in snapshot.grid.subsets.items():
            assert rows["row-wise", split] == pytest.approx(per_row[mask.numpy()].mean(), rel=1e-11)


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: p = 113, python-shuffle of .3 with seed 1."""

    def test_restricted_loss(self, nanda) -> None:
        assert nanda["restricted-loss"].headline == each(
            {"all": 3.64294e-3, "train": 3.542786e-3, "test": 3.685850e-3, "all_uncorrected": 9.17558, "all_cube": 3.91113e-5}, nats
        )

    def test_restricted_loss_of_another_key_set(self, nanda) -> None:
        found = nanda[f"restricted-loss(keys={THREE})"].headline
        expected = {"all": 0.2111949, "train": 0.2112997, "test": 0.2111500}
        assert {split: found[split] for split in expected} == each(expected, nats)


class TestC113:
    """chughtai2023/C113_T_seed1: a HookedTransformer state dict, 113 classes, split unknown."""

    def test_restricted_and_excluded_loss(self, chughtai, authors) -> None:
        restricted, excluded = chughtai["restricted-loss"].headline, chughtai["excluded-loss"].headline
        expected = {"all": 5.568347e-8, "all_uncorrected": 3.564482e-7, "all_cube": 4.126166e-8, "train": None, "test": None}
        assert restricted == {key: value and nats(value) for key, value in expected.items()}
        assert restricted["all_cube"] == nats(authors["total_logit_restricted_loss"])
        assert (excluded["all"], excluded["all_cube"]) == (nats(9.347174), nats(13.231288))
        assert excluded["train"] is None
        assert excluded["train_by_frequency"] is None
        assert "unknown" in chughtai["excluded-loss"].missing["train"]

    @pytest.mark.parametrize("k", [16, 30, 56])
    def test_one_frequency_kept(self, k: int, chughtai_run: Run, authors) -> None:
        """The authors' restricted loss of one frequency: over all pairs, the cosine of a + b - c alone."""
        snapshot = chughtai_run.snapshot()
        part = cosines.cube_part(snapshot.phase_sums, snapshot.grid.counts, [k])
        found = losses.per_label(part)[snapshot.grid.phase, snapshot.grid.labels].mean().item()
        assert found == nats(authors[f"logit_restricted_loss_freq_{k}_rep"])


class TestTrap4MeanCorrection:
    """Restricted loss gets the mean of what is dropped, excluded loss does not."""

    @pytest.mark.parametrize(("weights", "keys", "published"), [("nanda", KEYS, 3.64294e-3), ("chughtai", [16, 30, 56], 5.568347e-8)])
    def test_restricted_without_it(self, weights: str, keys: list[int], published: float, request: pytest.FixtureRequest) -> None:
        snapshot = request.getfixturevalue(f"{weights}_run").snapshot()
        wrong = loss(kept(snapshot, keys), snapshot.grid.labels)
        assert wrong > 5 * published
        assert request.getfixturevalue(weights)["restricted-loss"].headline["all"] == pytest.approx(published, rel=PRECISE["loss"])


@pytest.mark.parametrize(("weights", "keys", "published"), [("nanda", KEYS, 3.64294e-3), ("chughtai", [16, 30, 56], 5.568347e-8)])
def test_trap_11_each_row_projected_by_itself(weights: str, keys: list[int], published: float, request: pytest.FixtureRequest) -> None:
    """It goes by the name of restricted loss, keeps every row's own phase, and is in the table under its own name."""
    snapshot, found = request.getfixturevalue(f"{weights}_run").snapshot(), request.getfixturevalue(weights)["restricted-loss"]
    rows = fourier.basis(snapshot.p)[[row for k in keys for row in (2 * k - 1, 2 * k)]]
    wrong = loss(snapshot.logits @ rows.T @ rows, snapshot.grid.labels)
    assert wrong > 10 * published
    table = found.table.set_index(["variant", "split"])["loss"]
    assert table["row-wise", "all"] == pytest.approx(wrong, rel=1e-9)
    assert table["2-D", "all"] == pytest.approx(published, rel=PRECISE["loss"])
