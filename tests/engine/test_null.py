"""The null: the same network with its tokens renamed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from made_measures import Made, calls, value
from made_runs import write_weights

from mechgrok.engine.analyze import analyze
from mechgrok.measures.ablations.restricted_loss import RestrictedLoss
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies
from mechgrok.runs.run import open_run


class TestNulls:
    def test_mean_and_z_score_by_hand(self, folder: Path) -> None:
        """Draws are the relabellings of generators seeded 0, 1, ...; z = (observed - mean) / standard deviation of the draws."""
        found = analyze(open_run(folder), [Made()], nulls=5)["made"]
        column = open_run(folder).trajectory("embed.W_E")[-1, :7, 0].double()
        orders = [torch.randperm(7, generator=torch.Generator().manual_seed(seed)) for seed in range(5)]
        drawn = [float((column[order] * torch.arange(7)).sum()) for order in orders]
        mean = sum(drawn) / 5
        deviation = (sum((x - mean) ** 2 for x in drawn) / 4) ** 0.5
        assert found.null["value"] == {
            "mean": pytest.approx(mean, rel=1e-12),
            "z": pytest.approx((value(folder, 20) - mean) / deviation, rel=1e-9),
        }

    def test_what_relabelling_leaves_alone_has_no_z_score(self, folder: Path) -> None:
        found = analyze(open_run(folder), [Made()], nulls=5)["made"]
        assert found.null["norm"] == {"mean": pytest.approx(found.headline["norm"], rel=1e-12), "z": None}
        assert set(found.null) == {"value", "norm"}, "neither texts nor gaps"

    @pytest.mark.parametrize("draws", [0, 1])
    def test_too_few_draws(self, folder: Path, draws: int) -> None:
        null = analyze(open_run(folder), [Made()], nulls=draws)["made"].null
        assert [each["z"] for each in null.values()] == [None, None][: 2 * draws]
        assert calls()["made", 20] == 1 + draws

    def test_they_are_drawn_at_the_last_of_the_steps(self, folder: Path) -> None:
        analyze(open_run(folder), [Made()], steps=[0, 10], nulls=3)
        assert calls() == {("made", 0): 1, ("made", 10): 4}

    def test_more_draws_are_other_nulls(self, folder: Path) -> None:
        analyze(open_run(folder), [Made()], steps="last", nulls=3)
        calls()
        analyze(open_run(folder), [Made()], steps="last", nulls=4)
        assert calls() == {("made", 20): 4}

    def test_new_weights_are_other_nulls(self, folder: Path) -> None:
        first = analyze(open_run(folder), [Made()], steps="last", nulls=3)["made"].null
        write_weights(folder, 30, 7)
        (folder / "weights" / "00000030.safetensors").replace(folder / "weights" / "00000020.safetensors")
        assert analyze(open_run(folder), [Made()], steps="last", nulls=3)["made"].null != first

    def test_relabelled_networks_are_given_the_keys_of_the_original(self, grokking: Path) -> None:
        """Otherwise each draw would choose the frequencies that suit it."""
        analyze(open_run(grokking), [RestrictedLoss(), KeyFrequencies()], nulls=0)
        null = analyze(open_run(grokking), [RestrictedLoss(keys="own")], steps="last", nulls=3)
        fixed = analyze(open_run(grokking), [RestrictedLoss(keys=(2, 3))], steps="last", nulls=3)
        assert next(iter(null.values())).null == next(iter(fixed.values())).null

    def test_a_measure_that_breaks_on_relabelled_tokens_goes_without(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = Made.compute

        def only_original(measure: Made, snapshot: Any, given: Any) -> pd.DataFrame:
            if measure.scale == 2 and isinstance(snapshot.weights, dict):
                raise ZeroDivisionError
            return whole(measure, snapshot, given)

        monkeypatch.setattr(Made, "compute", only_original)
        found = analyze(open_run(folder), [Made(scale=2.0), Made()], steps="last", nulls=3)
        assert found["made(scale=2.0)"].null == {}
        assert found["made"].null["value"]["z"] is not None
