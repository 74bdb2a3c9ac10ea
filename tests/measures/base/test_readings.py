"""Readings of train and test curves, from the metrics file or from the checkpoints."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from made_curves import EVERY_20, grokking, run_with, steplike
from made_runs import make_run

from mechgrok.measures.base.readings import missing_reason, train_test_curves
from mechgrok.runs.run import open_run


class TestReadings:
    def given(self, steps: range = range(0, 100, 10)) -> dict[str, pd.DataFrame]:
        rows = [(step, split, 10, 1.0, 0.5) for step in steps for split in ("all", "train", "test")]
        return {"loss": pd.DataFrame(rows, columns=["step", "split", "rows", "loss", "accuracy"])}

    def test_recorded_where_both_splits_are(self, tmp_path: Path) -> None:
        found = train_test_curves(run_with(tmp_path / "R", grokking()), self.given(), "accuracy")
        assert (set(found["source"]), set(found["split"])) == ({"recorded"}, {"train", "test"})

    def test_checkpoints_where_a_split_is_not_recorded(self, tmp_path: Path) -> None:
        found = train_test_curves(run_with(tmp_path / "R", {"train": steplike(EVERY_20, 100)}), self.given(), "accuracy")
        assert (set(found["source"]), set(found["split"])) == ({"checkpoints"}, {"train", "test"})

    def test_each_quantity_has_its_own_source(self, tmp_path: Path) -> None:
        run = run_with(tmp_path / "R", loss=grokking())
        assert set(train_test_curves(run, self.given(), "loss")["source"]) == {"recorded"}
        assert set(train_test_curves(run, self.given(), "accuracy")["source"]) == {"checkpoints"}

    def test_all_rows_where_the_split_is_unknown(self, tmp_path: Path) -> None:
        given = self.given()["loss"]
        run = open_run(make_run(tmp_path / "R", steps=(0,), train=None))
        assert set(train_test_curves(run, {"loss": given[given["split"] == "all"]}, "loss")["split"]) == {"all"}

    @pytest.mark.parametrize(("train", "words"), [(1.0, "no test rows"), (0.0, "no train rows")])
    def test_a_split_without_rows_has_no_curve(self, tmp_path: Path, train: float, words: str) -> None:
        run = open_run(make_run(tmp_path / "R", steps=(0,), train=train))
        empty = pd.DataFrame({"step": [], "split": [], "value": []})
        assert words in missing_reason(run, empty, words.split()[1], "loss")
        assert "was not recorded" in missing_reason(run, empty, "train" if train else "test", "loss")
