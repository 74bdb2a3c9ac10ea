"""delay-area on planted networks, against published numbers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from made_curves import EVERY_20, LIGHTNING, grokking, looked_at, run_with, steplike

from mechgrok.measures.grokking.delay_area import DelayArea
from mechgrok.runs.run import Run


class TestDelayArea:
    @pytest.mark.parametrize("every", [1, 20, 100])
    def test_a_jump_from_0_to_1_costs_its_delay_however_often_it_is_read(self, tmp_path: Path, every: int) -> None:
        steps = range(0, 2001, every)
        run = run_with(tmp_path / "R", {"train": steplike(steps, 100), "test": steplike(steps, 1200)})
        found = looked_at(run, DelayArea())
        assert found.headline == {"area": 1100, "area_less_final_gap": 1100, "final_gap": 0}
        assert found.table[found.table["part"] == "area"]["step"].tolist() == [2000, 2000]

    def test_best_so_far_forgets_collapses(self, tmp_path: Path) -> None:
        curves = grokking()
        curves["test"] |= dict.fromkeys(range(1400, 1800, 20), 0.0)
        assert looked_at(run_with(tmp_path / "R", curves), DelayArea()).headline["area"] == 1100

    def test_the_final_gap_is_taken_off_and_nothing_below_0_is_counted(self, tmp_path: Path) -> None:
        """Gap 1 for 100 .. 500, then .25: 400 * 1 + 1500 * .25, less .25 of each; before step 100 it is 0, not -.25."""
        curves = {"train": steplike(EVERY_20, 100), "test": steplike(EVERY_20, 500, 0.0, 0.75)}
        found = looked_at(run_with(tmp_path / "R", curves), DelayArea()).headline
        assert found == {"area": 400 + 375, "area_less_final_gap": 300, "final_gap": 0.25}


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

    def test_area_is_that_of_the_log(self, run: Run, log: pd.DataFrame) -> None:
        """Summed here step by step, from the log itself."""
        train, validation = (log.dropna(subset=column).set_index("step")[column] / 100 for column in LIGHTNING.values())
        steps = range(max(train.index[0], validation.index[0]), max(train.index[-1], validation.index[-1]))
        best = [curve.cummax().reindex(range(steps.stop)).ffill()[steps.start :] for curve in (train, validation)]
        area = (best[0] - best[1]).clip(lower=0).sum()
        assert looked_at(run, DelayArea()).headline["area"] == pytest.approx(area, rel=1e-9)
