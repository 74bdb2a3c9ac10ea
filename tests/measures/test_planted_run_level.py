"""Measures of a whole run on curves and paths whose answers are known beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_curves import looked_at, run_with, steplike
from made_runs import make_run

from mechgrok.measures.base.readings import gap, readings
from mechgrok.measures.grokking.delay_area import DelayArea
from mechgrok.measures.grokking.grok_times import GrokTimes
from mechgrok.measures.grokking.post_grok_stability import PostGrokStability
from mechgrok.measures.grokking.slingshots import Slingshots
from mechgrok.runs.run import open_run

EVERY = range(0, 2001, 20)


def grokking(memorised: int = 100, generalised: int = 1200) -> dict[str, dict[int, float]]:
    return {"train": steplike(EVERY, memorised), "test": steplike(EVERY, generalised)}


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
        assert found.headline["grok50"] == 1143, "half-way from 1 / 7 to 1 is 4 / 7"

    def test_a_dip_within_the_row_is_not_sustained(self, tmp_path: Path) -> None:
        curve = steplike(EVERY, 1000) | {400: 1.0, 420: 1.0}
        found = looked_at(run_with(tmp_path / "R", {"train": steplike(EVERY, 0), "test": curve}), GrokTimes()).headline
        assert (found["generalised_first"], found["generalised"]) == (400, 1000)
        twice = looked_at(run_with(tmp_path / "R2", {"train": steplike(EVERY, 0), "test": curve}), GrokTimes(sustained=2)).headline
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
        loss = {"train": steplike(EVERY, 60, 4.0, 0.01), "test": steplike(EVERY, 1300, 20.0, 0.04)}
        loss["test"] |= dict.fromkeys(range(1200, 1300, 20), 0.06)
        found = looked_at(run_with(tmp_path / "R", loss=loss), GrokTimes())
        assert (found.headline["train_loss_below"], found.headline["test_loss_below"]) == (60, 1300)
        assert "only one reading" in found.missing["memorised"], "no accuracy was recorded, and there is one checkpoint"
        stricter = looked_at(run_with(tmp_path / "R2", loss=loss), GrokTimes(loss_threshold=0.03))
        assert stricter.headline["test_loss_below"] is None


class TestReadings:
    def given(self, steps: range = range(0, 100, 10)) -> dict[str, pd.DataFrame]:
        rows = [(step, split, 10, 1.0, 0.5) for step in steps for split in ("all", "train", "test")]
        return {"loss": pd.DataFrame(rows, columns=["step", "split", "rows", "loss", "accuracy"])}

    def test_recorded_where_both_splits_are(self, tmp_path: Path) -> None:
        found = readings(run_with(tmp_path / "R", grokking()), self.given(), "accuracy")
        assert (set(found["source"]), set(found["split"])) == ({"recorded"}, {"train", "test"})

    def test_checkpoints_where_a_split_is_not_recorded(self, tmp_path: Path) -> None:
        found = readings(run_with(tmp_path / "R", {"train": steplike(EVERY, 100)}), self.given(), "accuracy")
        assert (set(found["source"]), set(found["split"])) == ({"checkpoints"}, {"train", "test"})

    def test_each_quantity_has_its_own_source(self, tmp_path: Path) -> None:
        run = run_with(tmp_path / "R", loss=grokking())
        assert set(readings(run, self.given(), "loss")["source"]) == {"recorded"}
        assert set(readings(run, self.given(), "accuracy")["source"]) == {"checkpoints"}

    def test_all_rows_where_the_split_is_unknown(self, tmp_path: Path) -> None:
        given = self.given()["loss"]
        run = open_run(make_run(tmp_path / "R", steps=(0,), train=None))
        assert set(readings(run, {"loss": given[given["split"] == "all"]}, "loss")["split"]) == {"all"}

    @pytest.mark.parametrize(("train", "words"), [(1.0, "no test rows"), (0.0, "no train rows")])
    def test_a_split_without_rows_has_no_curve(self, tmp_path: Path, train: float, words: str) -> None:
        run = open_run(make_run(tmp_path / "R", steps=(0,), train=train))
        empty = pd.DataFrame({"step": [], "split": [], "value": []})
        assert words in gap(run, empty, words.split()[1], "loss")
        assert "known nowhere" in gap(run, empty, "train" if train else "test", "loss")


class TestPostGrokStability:
    def test_episodes(self, tmp_path: Path) -> None:
        """Generalises at 400; test falls to .3 from 600 to 640, train and test at 1000, and only a little at 1500."""
        curves = grokking(generalised=400)
        curves["test"] |= {600: 0.5, 620: 0.3, 640: 0.9, 1000: 0.2, 1500: 0.96}
        curves["train"] |= {1000: 0.4}
        found = looked_at(run_with(tmp_path / "R", curves), PostGrokStability())
        assert found.headline == {
            "collapses": 2,
            "unrecovered": 0,
            "deepest": pytest.approx(0.8),
            "longest": 60,
            "lowest_test": 0.2,
            "lowest_train": 0.4,
            "anti_grokking": False,
        }
        whole = found.table[found.table["episode"] == 0].iloc[0]
        assert (whole["step"], whole["length"], whole["lowest_test"]) == (400, 1600, 0.2)
        rows = found.table[found.table["episode"] > 0]
        assert rows[["step", "end_step", "length"]].to_numpy().tolist() == [[600, 660, 60], [1000, 1020, 20]]
        assert rows["depth"].tolist() == pytest.approx([0.7, 0.8])

    def test_an_episode_is_measured_from_the_reading_before_it_to_its_last(self, tmp_path: Path) -> None:
        """.97 just before, 1 earlier; .92 on the train rows where it is over."""
        curves = grokking(generalised=400)
        curves["test"] |= {580: 0.97, 600: 0.5}
        curves["train"] |= {620: 0.92}
        found = looked_at(run_with(tmp_path / "R", curves), PostGrokStability())
        row = found.table[found.table["episode"] == 1].iloc[0]
        assert (row["depth"], row["lowest_train"]) == (pytest.approx(0.47), 1)

    def test_train_alone_can_collapse(self, tmp_path: Path) -> None:
        curves = grokking(generalised=400)
        curves["train"] |= {800: 0.89, 900: 0.91}
        assert looked_at(run_with(tmp_path / "R", curves), PostGrokStability()).headline["collapses"] == 1

    def test_what_falls_before_generalisation_is_no_collapse(self, tmp_path: Path) -> None:
        curves = grokking(generalised=400)
        curves["test"] |= {200: 1.0, 220: 1.0}
        found = looked_at(run_with(tmp_path / "R", curves), PostGrokStability()).headline
        assert (found["collapses"], found["lowest_test"]) == (0, 1)

    @pytest.mark.parametrize(("train", "anti"), [(1.0, True), (0.995, True), (0.6, False)])
    def test_anti_grokking_keeps_the_train_rows(self, tmp_path: Path, train: float, anti: bool) -> None:
        curves = grokking(generalised=400)
        for step in range(1600, 2001, 20):
            curves["test"][step], curves["train"][step] = 0.1, train
        found = looked_at(run_with(tmp_path / "R", curves), PostGrokStability())
        assert (found.headline["anti_grokking"], found.headline["unrecovered"]) == (anti, 1)
        assert found.headline["longest"] == 400

    def test_a_run_that_never_generalises_tells_nothing(self, tmp_path: Path) -> None:
        found = looked_at(run_with(tmp_path / "R", grokking(generalised=9999)), PostGrokStability())
        assert set(found.headline.values()) == {None}
        assert "not at least 0.99 for 3 readings in a row by step 2000" in found.missing["collapses"]

    def test_train_and_test_need_not_be_read_at_the_same_steps(self, tmp_path: Path) -> None:
        curves = {"train": {step + 7: value for step, value in grokking()["train"].items()}, "test": grokking(generalised=400)["test"]}
        curves["test"][1000] = 0.0
        found = looked_at(run_with(tmp_path / "R", curves), PostGrokStability()).headline
        assert (found["collapses"], found["longest"]) == (1, 20)


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
        curves = {"train": steplike(EVERY, 100), "test": steplike(EVERY, 500, 0.0, 0.75)}
        found = looked_at(run_with(tmp_path / "R", curves), DelayArea()).headline
        assert found == {"area": 400 + 375, "area_less_final_gap": 300, "final_gap": 0.25}


class TestSlingshots:
    def loss(self) -> dict[int, float]:
        """Memorised at 300; above .05 at 500, 501, 503 (one spike) and 900; above .001 on ten steps near the end."""
        calm = {step: 3.0 if step < 300 else 1e-6 for step in range(1001)}
        return calm | {500: 0.2, 501: 0.7, 503: 0.06, 900: 0.051} | dict.fromkeys(range(950, 960), 0.01)

    def test_readings_and_spikes(self, tmp_path: Path) -> None:
        found = looked_at(run_with(tmp_path / "R", loss={"train": self.loss(), "test": self.loss()}), Slingshots(window=100))
        expected = {"memorised": 300, "spikes": 2, "readings_above": 4, "highest": 0.7, "elevated": 10, "elevated_of": 100, "interval": 1}
        assert found.headline == expected
        rows = found.table[found.table["spike"] > 0]
        assert rows[["step", "end_step", "readings", "value"]].to_numpy().tolist() == [[500, 503, 3, 0.7], [900, 900, 1, 0.051]]

    def test_every_calm_reading_parts_spikes_if_asked(self, tmp_path: Path) -> None:
        run = run_with(tmp_path / "R", loss={"train": self.loss(), "test": self.loss()})
        assert looked_at(run, Slingshots(apart=0)).headline["spikes"] == 3

    def test_the_way_down_is_no_spike(self, tmp_path: Path) -> None:
        run = run_with(tmp_path / "R", loss={"train": steplike(EVERY, 300, 3.0, 0.02), "test": steplike(EVERY, 300)})
        found = looked_at(run, Slingshots())
        assert found.headline["spikes"] is None
        assert "not below 0.01" in found.missing["spikes"]


@pytest.mark.parametrize("measure", [GrokTimes(), PostGrokStability(), DelayArea(), Slingshots()])
def test_its_figure_shows_the_curves(tmp_path: Path, measure: Any) -> None:
    """Long curves are thinned, but what makes them is there."""
    steps = range(20_000)
    loss = steplike(steps, 300, 4.0, 1e-6) | {15_000: 0.9}
    run = run_with(tmp_path / "R", {"train": steplike(steps, 200), "test": steplike(steps, 9000)}, {"train": loss, "test": loss})
    figure = looked_at(run, measure).figure()
    assert figure.data
    assert sum(len(trace.x) for trace in figure.data) < 20_000
    if isinstance(measure, Slingshots):
        assert 0.9 in figure.data[0].y
    if isinstance(measure, GrokTimes):
        flags = {shape.label.text for shape in figure.layout.shapes if shape.label.text}
        assert flags >= {"memorised", "generalised"}
        assert [max(trace.y) for trace in figure.data] == [1, 1, 4, 4], "accuracies, then losses"
