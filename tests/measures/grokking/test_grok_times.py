"""grok-times on planted networks, against published numbers and wrong readings of its definition."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from made_curves import EVERY_20, EVERY_100, LIGHTNING, grokking, looked_at, loss_times, run_with, steplike
from made_runs import make_run
from safetensors.numpy import load_file, save_file

from mechgrok.measures.grokking.grok_times import GrokTimes
from mechgrok.measures.grokking.mirrored_pairs import mirrored_share
from mechgrok.measures.grokking.post_grok_stability import PostGrokStability
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.modular import Modular


class TestGrokTimes:
    def test_times_delay_and_ratio(self, tmp_path: Path) -> None:
        found = looked_at(run_with(tmp_path / "R", grokking()), GrokTimes())
        expected = {"memorised": 100, "generalised": 1200, "delay": 1100, "ratio": 12}
        assert {key: found.headline[key] for key in expected} == expected
        assert {key: found.headline[f"{key}_first"] for key in expected} == expected
        assert found.headline["interval"] == 20
        row = found.table[(found.table["split"] == "test") & (found.table["part"] == "time")].iloc[0]
        assert (row["step"], row["after"], row["last_step"], row["source"]) == (1200, 1180, 2000, "recorded")

    def test_each_threshold_has_its_time(self, tmp_path: Path) -> None:
        """Accuracy t / 2000 reaches x at 2000 x."""
        line = {step: step / 2000 for step in range(2001)}
        found = looked_at(run_with(tmp_path / "R", {"train": line, "test": line}), GrokTimes(train_threshold=0.3, test_threshold=0.7))
        times = found.table[(found.table["part"] == "time") & (found.table["holds"] == 3)].set_index(["criterion", "split"])["step"]
        assert (found.headline["memorised"], found.headline["generalised"], found.headline["delay"]) == (600, 1400, 800)
        assert [times[f"accuracy {x:g} / {x:g}", "test"] for x in (0.95, 0.99, 0.999)] == [1900, 1980, 1998]

    def test_grok50_is_half_way_from_guessing(self, tmp_path: Path) -> None:
        """Half-way from 1 / 7 to 1 is 4 / 7; a - b is no b - a, so no test row is given away."""
        line = {step: step / 2000 for step in range(2001)}
        run = run_with(tmp_path / "R", {"train": line, "test": line}, task=Modular(p=7, operation="subtract"))
        assert looked_at(run, GrokTimes()).headline["grok50"] == 1143

    def test_grok50_counts_rows_that_are_held_out(self, tmp_path: Path) -> None:
        """A network that memorises, treats (a, b) as (b, a), and guesses elsewhere: from step 200 on the others are learnt evenly."""
        p, start, end = 7, 200, 1990
        run = run_with(tmp_path / "R", p=p)
        train = {divmod(int(row), p) for row in np.flatnonzero(run.is_train)}
        test = [(a, b) for a in range(p) for b in range(p) if (a, b) not in train]
        given = sum((b, a) in train for a, b in test)
        assert 0 < given < len(test)

        def accuracy(held_out: float) -> float:
            return (given + (len(test) - given) * held_out) / len(test)

        def held_out(step: int) -> float:
            return 1 / p + (1 - 1 / p) * max(step - start, 0) / (end - start)

        curve = {step: accuracy(held_out(step)) for step in EVERY_20}
        run = run_with(tmp_path / "R2", {"train": dict.fromkeys(EVERY_20, 1.0), "test": curve}, p=p)
        found = looked_at(run, GrokTimes())
        assert found.headline["grok50"] == 1100, "the first reading after step 1095, the middle of the rise"
        rows = found.table[(found.table["criterion"] == "half-way accuracy")]
        assert rows["threshold"].tolist() == pytest.approx([accuracy((1 + 1 / p) / 2)] * 2)

    def test_a_mirrored_row_with_a_corrupted_label_gives_nothing_away(self, tmp_path: Path) -> None:
        """Rows (0, 1) and (1, 2) are train, the second with a wrong label; (1, 0) is given away and (2, 1) is not."""
        make_run(tmp_path / "R", p=3, steps=(0,))
        config = json.loads((tmp_path / "R" / "config.json").read_text())
        config["corruption"] = {"kind": "uniform", "fraction": 0.5}
        (tmp_path / "R" / "config.json").write_text(json.dumps(config))
        truth = np.array([0, 1, 2, 1, 2, 0, 2, 0, 1])
        split = {"is_train": np.isin(np.arange(9), [1, 5]), "poisoned": np.arange(9) == 5, "trained_labels": truth + (np.arange(9) == 5)}
        zeros = {"trigger": np.zeros(9, bool), "rule_labels": truth}
        save_file({name: values.astype(np.int64) for name, values in (split | zeros).items()}, tmp_path / "R" / "split.safetensors")
        assert mirrored_share(open_run(tmp_path / "R")) == pytest.approx(1 / 7)

    def test_grok50_needs_the_train_rows_of_a_symmetric_task(self, tmp_path: Path) -> None:
        line = {step: step / 2000 for step in range(2001)}
        run = run_with(tmp_path / "R", {"train": line, "test": line}, train=None)
        assert "(b, a) is in train is unknown" in looked_at(run, GrokTimes()).missing["grok50"]

    def test_grok50_needs_a_row_that_is_not_mirrored(self, tmp_path: Path) -> None:
        line = {step: step / 2000 for step in range(2001)}
        run = run_with(tmp_path / "R", {"train": line, "test": line}, p=3)
        save_file({"is_train": np.array([1, 1, 1, 0, 1, 1, 0, 0, 1], dtype=np.uint8)}, run.path / "split.safetensors")
        assert "with its operands in another order" in looked_at(open_run(run.path), GrokTimes()).missing["grok50"]

    def test_a_dip_within_the_row_is_not_sustained(self, tmp_path: Path) -> None:
        curve = steplike(EVERY_20, 1000) | {400: 1.0, 420: 1.0}
        found = looked_at(run_with(tmp_path / "R", {"train": steplike(EVERY_20, 0), "test": curve}), GrokTimes()).headline
        assert (found["generalised_first"], found["generalised"]) == (400, 1000)
        twice = looked_at(run_with(tmp_path / "R2", {"train": steplike(EVERY_20, 0), "test": curve}), GrokTimes(sustained=2)).headline
        assert twice["generalised"] == 400

    def test_what_never_came_says_until_when_it_was_looked_for(self, tmp_path: Path) -> None:
        found = looked_at(run_with(tmp_path / "R", grokking(generalised=9999)), GrokTimes())
        assert found.headline["memorised"] == 100
        assert found.headline["generalised"] is None
        assert "not reached by step 2000" in found.missing["generalised"]
        assert "not reached by step 2000" in found.missing["delay"]
        row = found.table[(found.table["split"] == "test") & (found.table["part"] == "time")].iloc[0]
        assert (np.isnan(row["step"]), row["reached"], row["last_step"]) == (True, False, 2000)

    def test_the_last_two_readings_are_too_few_to_be_sustained(self, tmp_path: Path) -> None:
        found = looked_at(run_with(tmp_path / "R", grokking(generalised=1980)), GrokTimes())
        assert (found.headline["generalised_first"], found.headline["generalised"]) == (1980, None)

    def test_a_curve_that_begins_above_tells_no_time(self, tmp_path: Path) -> None:
        late = {split: dict.fromkeys(range(500, 1000, 20), 1.0) for split in ("train", "test")}
        found = looked_at(run_with(tmp_path / "R", late), GrokTimes())
        assert found.headline["memorised"] is None
        assert "at step 500" in found.missing["memorised"]

    def test_loss_criterion(self, tmp_path: Path) -> None:
        loss = {"train": steplike(EVERY_20, 60, 4.0, 0.01), "test": steplike(EVERY_20, 1300, 20.0, 0.04)}
        loss["test"] |= dict.fromkeys(range(1200, 1300, 20), 0.06)
        found = looked_at(run_with(tmp_path / "R", loss=loss), GrokTimes())
        assert (found.headline["train_loss_below"], found.headline["test_loss_below"]) == (60, 1300)
        assert "only one reading" in found.missing["memorised"], "no accuracy was recorded, and there is one checkpoint"
        stricter = looked_at(run_with(tmp_path / "R2", loss=loss), GrokTimes(loss_threshold=0.03))
        assert stricter.headline["test_loss_below"] is None


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: train loss at every step, test loss at every tenth."""

    def test_times(self, nanda_run: Run) -> None:
        assert loss_times(nanda_run, 0.01)["train"] == 275
        assert loss_times(nanda_run, 1.0)["test"] == 8780
        assert loss_times(nanda_run, 0.1)["test"] == 9300
        assert looked_at(nanda_run, GrokTimes()).headline["test_loss_below"] == 9560

    def test_its_accuracy_was_not_recorded(self, nanda_run: Run) -> None:
        found = looked_at(nanda_run, GrokTimes())
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
        curves = {split: log.dropna(subset=column).set_index("step")[column] for split, column in LIGHTNING.items()}
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
        assert "met at the last 2 readings, of 3 that it must hold for, and they end at step 43577" in found.missing["generalised"]
        stable = looked_at(run, PostGrokStability(sustained=2)).headline
        assert (stable["collapses"], stable["lowest_train"], stable["lowest_test"]) == (0, 1, pytest.approx(0.99911423))


def ranked(found: dict[str, dict[str, object]], key: str) -> list[str]:
    return sorted(found, key=lambda name: found[name][key])  # type: ignore[arg-type, return-value]


def test_first_and_sustained_rank_optimisers_differently(tmp_path: Path) -> None:
    """Trap 12: the fast one touches the threshold once, collapses to .37, and comes back long after the stable one."""
    train = steplike(EVERY_100, 200)
    fast = steplike(EVERY_100, 7000, 0.37) | {1000: 1.0, 1100: 1.0}
    test = {"fast": fast, "stable": steplike(EVERY_100, 3000)}
    found = {
        name: looked_at(run_with(tmp_path / name, {"train": train, "test": curve}), GrokTimes()).headline for name, curve in test.items()
    }
    assert ranked(found, "generalised_first") == ["fast", "stable"]
    assert ranked(found, "generalised") == ["stable", "fast"]
    assert found["fast"]["generalised_first"] == 1000


def test_thresholds_rank_optimisers_differently(tmp_path: Path) -> None:
    """Trap 12: one is at .96 early and at .99 late."""
    train = steplike(EVERY_100, 200)
    test = {"early": steplike(EVERY_100, 8000, 0.96, 1.0) | steplike(range(0, 500, 100), 500), "late": steplike(EVERY_100, 3000)}
    runs = {name: run_with(tmp_path / name, {"train": train, "test": curve}) for name, curve in test.items()}
    at = {x: {name: looked_at(run, GrokTimes(test_threshold=x)).headline for name, run in runs.items()} for x in (0.95, 0.99)}
    assert ranked(at[0.95], "generalised") == ["early", "late"]
    assert ranked(at[0.99], "generalised") == ["late", "early"]


@pytest.mark.parametrize(("batch", "steps_an_epoch"), [(None, 1), (2, 10), (3, 7), (0.25, 4), ("auto", 2)])
def test_epochs_are_no_steps(tmp_path: Path, batch: Any, steps_an_epoch: int) -> None:
    """Trap 9: the same curve over optimiser steps, with 20 train rows in full batches, in ten, and in seven of which one is short."""
    run = run_with(tmp_path / "R", {"train": steplike(EVERY_100, 200), "test": steplike(EVERY_100, 3000)}, batch=batch)
    assert int(load_file(run.path / "split.safetensors")["is_train"].sum()) == 20
    found = looked_at(run, GrokTimes())
    rows = found.table[(found.table["criterion"] == GrokTimes().chosen) & (found.table["holds"] == 3)].set_index("split")
    assert found.headline["delay"] == 2800
    assert rows["step"].to_dict() == {"train": 200, "test": 3000}
    assert rows["epoch"].to_dict() == {"train": 200 / steps_an_epoch, "test": 3000 / steps_an_epoch}


def test_a_failure_is_no_late_success(tmp_path: Path) -> None:
    """A script that gives the last step where nothing was reached would say 10 000."""
    run = run_with(tmp_path / "R", {"train": steplike(EVERY_100, 200), "test": steplike(EVERY_100, 10_000, 0.2, 0.9)})
    found = looked_at(run, GrokTimes())
    assert [found.headline[key] for key in ("generalised", "generalised_first", "delay", "ratio")] == [None] * 4
    assert "by step 10000" in found.missing["generalised_first"]
