"""Times of published loss curves and logs, and the spikes of the run with float32 losses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
import torch
from made_curves import looked_at, run_with

from mechgrok.measures.grokking.delay_area import DelayArea
from mechgrok.measures.grokking.grok_times import GrokTimes
from mechgrok.measures.grokking.post_grok_stability import PostGrokStability
from mechgrok.measures.grokking.slingshots import Slingshots
from mechgrok.runs.importing.import_run import Said, import_file
from mechgrok.runs.run import Run, open_run


def loss_times(run: Run, threshold: float, holds: int = 1) -> dict[str, float]:
    """Step at which each split's loss is below a threshold."""
    table = looked_at(run, GrokTimes(loss_threshold=threshold)).table
    rows = table[(table["criterion"] == f"loss {threshold:g}") & (table["holds"] == holds)]
    return dict(zip(rows["split"], rows["step"], strict=True))


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: train loss at every step, test loss at every tenth."""

    @pytest.fixture(scope="class")
    def run(self, oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
        out = tmp_path_factory.mktemp("nanda") / "R"
        import_file(oracles / "nanda2023" / "low_precision_mod_addition.pth", out, Said(fraction=0.3, split="python-shuffle", split_seed=1))
        return open_run(out)

    def test_times(self, run: Run) -> None:
        assert loss_times(run, 0.01)["train"] == 275
        assert loss_times(run, 1.0)["test"] == 8780
        assert loss_times(run, 0.1)["test"] == 9300
        assert looked_at(run, GrokTimes()).headline["test_loss_below"] == 9560

    def test_its_spikes(self, run: Run) -> None:
        """The published counts are of readings; 69 have a calm reading between them, and they form 30 spikes."""
        found = looked_at(run, Slingshots()).headline
        expected = {"memorised": 275, "readings_above": 109, "spikes": 30, "elevated": 1482, "elevated_of": 30_000, "interval": 1}
        assert {key: found[key] for key in expected} == expected
        assert looked_at(run, Slingshots(apart=1)).headline["spikes"] == 69

    def test_its_accuracy_was_not_recorded(self, run: Run) -> None:
        found = looked_at(run, GrokTimes())
        assert found.headline["generalised"] is None
        assert "only one reading" in found.missing["generalised"]


class TestFractionSweep:
    """nanda2023/mod_addition_frac_train_sweep.pth: a loss an epoch, each run until test < 3e-6."""

    SWEEP: Mapping[float, tuple[int, int, int, int, int]] = {
        0.95: (244, 123, 173, 157, 279),
        0.9: (296, 156, 250, 222, 387),
        0.8: (323, 177, 298, 252, 439),
        0.7: (155, 129, 260, 222, 343),
        0.6: (202, 270, 476, 440, 556),
        0.5: (272, 744, 1006, 956, 1109),
        0.4: (268, 2615, 3197, 3109, 3324),
        0.3: (274, 7583, 8035, 7930, 8258),
        0.28: (272, 14465, 15242, 15037, 15612),
        0.25: (265, 21419, 21956, 21848, 22177),
    }
    """First epoch with train < .01, test < 1, test < .05, test < .1, test < .01."""

    @pytest.fixture(scope="class")
    def curves(self, oracles: Path) -> dict[float, dict[str, dict[int, float]]]:
        path = oracles / "nanda2023" / "mod_addition_frac_train_sweep.pth"
        fractions, lists = torch.load(path, weights_only=True)
        both = zip(lists[::2], lists[1::2], strict=True)
        named = [{"train": dict(enumerate(train)), "test": dict(enumerate(test))} for train, test in both]
        return {round(float(fraction), 2): pair for fraction, pair in zip(fractions, named, strict=True)}

    @pytest.mark.parametrize("fraction", [0.95, 0.6, 0.4, 0.25])
    def test_times(self, curves: dict[float, dict[str, dict[int, float]]], fraction: float, tmp_path: Path) -> None:
        run = run_with(tmp_path / "R", loss=curves[fraction])
        found = [loss_times(run, 0.01)["train"], *(loss_times(run, threshold)["test"] for threshold in (1, 0.05, 0.1, 0.01))]
        assert tuple(found) == self.SWEEP[fraction]


class TestLightningLog:
    """miml2025: train and validation logged at different steps; accuracies in per cent."""

    @pytest.fixture(scope="class")
    def log(self, oracles: Path) -> pd.DataFrame:
        return pd.read_csv(oracles / "miml2025" / "adamw_transformer_40pct_metrics.csv")

    @pytest.fixture(scope="class")
    def run(self, log: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Run:
        curves = {split: log.dropna(subset=column).set_index("step")[column] for split, column in COLUMNS.items()}
        accuracy = {split: (curve / 100).to_dict() for split, curve in curves.items()}
        return run_with(tmp_path_factory.mktemp("miml") / "R", accuracy, p=97)

    @pytest.mark.parametrize(("threshold", "train", "validation"), [(0.95, 463, 41_881), (0.99, 511, 42_721)])
    def test_first_readings(self, run: Run, threshold: float, train: int, validation: int) -> None:
        found = looked_at(run, GrokTimes(train_threshold=threshold, test_threshold=threshold)).headline
        first = [found[f"{key}_first"] for key in ("memorised", "generalised", "delay", "ratio")]
        assert first == [train, validation, validation - train, validation / train]

    def test_it_ended_after_two_readings(self, run: Run) -> None:
        """The authors' time is the first of two readings in a row; three there are not."""
        found = looked_at(run, GrokTimes())
        assert looked_at(run, GrokTimes(sustained=2)).headline["generalised"] == 42_721
        assert found.headline["memorised"] == 511
        assert "holds at the last 2 of the 3 readings that it takes, and they end at step 43577" in found.missing["generalised"]
        stable = looked_at(run, PostGrokStability(sustained=2)).headline
        assert (stable["collapses"], stable["lowest_train"], stable["lowest_test"]) == (0, 1, pytest.approx(0.99911423))

    def test_area_is_that_of_the_log(self, run: Run, log: pd.DataFrame) -> None:
        """Summed here step by step, from the log itself."""
        train, validation = (log.dropna(subset=column).set_index("step")[column] / 100 for column in COLUMNS.values())
        steps = range(max(train.index[0], validation.index[0]), max(train.index[-1], validation.index[-1]))
        best = [curve.cummax().reindex(range(steps.stop)).ffill()[steps.start :] for curve in (train, validation)]
        area = (best[0] - best[1]).clip(lower=0).sum()
        assert looked_at(run, DelayArea()).headline["area"] == pytest.approx(area, rel=1e-9)


COLUMNS = {"train": "train_accuracy", "test": "val_accuracy"}
