"""post-grok-stability on planted networks."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_curves import grokking, looked_at, run_with

from mechgrok.measures.grokking.post_grok_stability import PostGrokStability


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
