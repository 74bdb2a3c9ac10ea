"""The engine: what is computed when, from what, and what one broken measure costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_measures import Breaks, Chain, CountsKeys, Dear, Hindered, Made, MadeAtLast, OtherColumns, calls, value
from made_runs import make_run
from planted import PLANTED, planted_loss

from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Failure, NotApplicable, Result
from mechgrok.errors import UserError
from mechgrok.measures.ablations.excluded_loss import ExcludedLoss
from mechgrok.runs.run import open_run


class TestTables:
    def test_one_table_over_all_steps(self, folder: Path) -> None:
        found = analyze(open_run(folder), [Made()], nulls=0)["made"]
        assert list(found.table.columns) == ["value", "norm", "step"], "in the promised order, whatever compute gives"
        assert found.table["step"].tolist() == [0, 10, 20]
        assert found.table["value"].tolist() == pytest.approx([value(folder, step) for step in (0, 10, 20)], rel=1e-12)

    @pytest.mark.parametrize(
        ("steps", "cheap", "expensive"),
        [("all", [0, 10, 20], [20]), ("last", [20], [20]), ([10], [10], [10]), ([20, 0, 20], [0, 20], [0, 20]), ((0,), [0], [0])],
    )
    def test_steps(self, folder: Path, steps: Any, cheap: list[int], expensive: list[int]) -> None:
        found = analyze(open_run(folder), [Made(), Dear()], steps=steps, nulls=0)
        assert found["made"].table["step"].tolist() == cheap
        assert found["expensive"].table["step"].tolist() == expensive
        assert {step for _, step in calls()} == {*cheap, *expensive}

    @pytest.mark.parametrize(
        ("steps", "message"), [("some", "write all, last, or steps"), ([], "write all, last"), ([0, 5], "no checkpoint at step 5")]
    )
    def test_wrong_steps(self, folder: Path, steps: Any, message: str) -> None:
        with pytest.raises(UserError, match=message):
            analyze(open_run(folder), [Made()], steps=steps)
        assert not calls()
        assert not (folder / "results").exists()

    def test_no_checkpoint(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="no checkpoint yet"):
            analyze(open_run(make_run(tmp_path / "empty", steps=())), [Made()])

    def test_ticks(self, folder: Path) -> None:
        ticks: list[tuple[int, int]] = []
        analyze(open_run(folder), [Made(), Dear()], nulls=0, tick=lambda done, of: ticks.append((done, of)))
        assert ticks == [(1, 3), (2, 3), (3, 3)]

    def test_labels_tell_variants_apart(self, folder: Path) -> None:
        found = analyze(open_run(folder), [Made(), Made(scale=2.0)], steps="last", nulls=0)
        assert list(found) == ["made", "made(scale=2.0)"]
        assert found["made(scale=2.0)"].headline["value"] == pytest.approx(2 * found["made"].headline["value"], rel=1e-14)

    def test_by_default_the_cheap_measures_that_need_not_be_asked_for(self, folder: Path) -> None:
        cheap = {name for name, measure in registry.measures().items() if measure.cost == "cheap" and measure.by_default}
        found = set(analyze(open_run(folder), steps="last", nulls=0))
        assert found == cheap
        assert "gini" in found
        assert not found & {"heavy-tails", "certificate", "sharpness"}


class TestRequirements:
    def test_a_chain_is_computed_from_its_end_and_each_link_once(self, folder: Path) -> None:
        found = analyze(open_run(folder), [Chain(below=Chain()), Chain(), Made()], nulls=0)
        assert calls() == {("made", step): 1 for step in (0, 10, 20)} | {("chain", step): 2 for step in (0, 10, 20)}
        made, chain, two = (outcome.table["value"] for outcome in (found["made"], found["chain"], found[Chain(below=Chain()).label]))
        assert (chain - made).tolist() == pytest.approx([1, 1, 1])
        assert (two - made).tolist() == pytest.approx([2, 2, 2])

    def test_what_was_not_asked_for_is_no_outcome(self, folder: Path) -> None:
        assert list(analyze(open_run(folder), [Chain()], nulls=0)) == ["chain"]

    def test_at_last_is_one_table_for_all_steps(self, folder: Path) -> None:
        found = analyze(open_run(folder), [Chain(below=MadeAtLast())], nulls=0)
        (outcome,) = found.values()
        assert outcome.table["value"].tolist() == pytest.approx([value(folder, 20) + 1] * 3, rel=1e-12)
        assert [key for key in calls() if key[0] == "made-at-last"] == [("made-at-last", 20)]

    def test_at_last_means_the_runs_last_step_also_for_earlier_steps_alone(self, folder: Path) -> None:
        (outcome,) = analyze(open_run(folder), [Chain(below=MadeAtLast())], steps=[0], nulls=0).values()
        assert outcome.table[["value", "step"]].to_numpy().tolist() == [[pytest.approx(value(folder, 20) + 1), 0]]

    def test_key_frequencies_of_the_last_or_of_each_checkpoint_or_fixed(self, grokking: Path) -> None:
        measures = [CountsKeys(), CountsKeys(keys="own"), CountsKeys(keys=(3, 1))]
        found = [outcome.table["keys"].tolist() for outcome in analyze(open_run(grokking), measures, nulls=0).values()]
        assert found == [["2 3"] * 3, ["1", "1 3", "2 3"], ["1 3"] * 3]

    def test_restricted_and_excluded_loss_of_each_key_set(self, grokking: Path) -> None:
        """With the last keys {2, 3} step 0, of frequency 1, keeps nothing and loses nothing; with its own it keeps and loses everything."""
        run = open_run(grokking)
        found = analyze(
            run,
            ["restricted-loss", "restricted-loss(keys=own)", "restricted-loss(keys=3)", "excluded-loss", "excluded-loss(keys=own)"],
            nulls=0,
        )
        two_d = {label: outcome.table[outcome.table["split"] == "all"] for label, outcome in found.items()}
        losses = {label: rows[(rows["variant"] == "2-D")].groupby("step")["loss"].first().tolist() for label, rows in two_d.items()}
        full, guess = [planted_loss(PLANTED[step]) for step in (0, 10, 20)], float(np.log(7))
        assert losses["restricted-loss"] == pytest.approx([guess, planted_loss({3: 5.0}), full[2]], rel=1e-5)
        assert losses["restricted-loss(keys=own)"] == pytest.approx(full, rel=1e-5)
        assert losses["restricted-loss(keys=3)"] == pytest.approx([guess, planted_loss({3: 5.0}), planted_loss({3: 8.0})], rel=1e-5)
        assert losses["excluded-loss"] == pytest.approx([full[0], planted_loss({1: 5.0}), guess], rel=1e-5)
        assert losses["excluded-loss(keys=own)"] == pytest.approx([guess] * 3, rel=1e-5)


class TestBreaking:
    def test_a_broken_measure_costs_only_itself(self, folder: Path) -> None:
        found = analyze(open_run(folder), [Breaks(), Made(), "gini"], nulls=2)
        assert isinstance(found["breaks"], Failure)
        assert found["breaks"].reason == "ZeroDivisionError: made to fail"
        assert "made_measures.py" in found["breaks"].traceback
        assert isinstance(found["made"], Result)
        assert found["made"].null
        assert len(found["gini"].table["step"].unique()) == 3
        assert list(found) == ["breaks", "made", "gini"]

    def test_it_is_not_tried_again_at_other_steps(self, folder: Path) -> None:
        assert isinstance(analyze(open_run(folder), [Breaks(step=20)], nulls=0)[Breaks(step=20).label], Failure)
        assert calls() == {}

    def test_what_it_gave_is_kept(self, folder: Path) -> None:
        analyze(open_run(folder), [Breaks()], nulls=0)
        assert calls()["breaks", 20] == 1
        assert isinstance(analyze(open_run(folder), [Breaks()], steps=[20], nulls=0)["breaks"], Result)
        assert calls() == {}

    def test_what_requires_it_breaks_too_and_nothing_else(self, folder: Path) -> None:
        found = analyze(open_run(folder), [Chain(below=Breaks()), Chain(), Made()], nulls=0)
        kinds = [type(outcome) for outcome in found.values()]
        assert kinds == [Failure, Result, Result]

    @pytest.mark.parametrize("gives", [("value",), ("value", "norm", "more"), ("value", "nrom"), ()])
    def test_other_columns_than_promised_are_refused(self, folder: Path, gives: tuple[str, ...]) -> None:
        (found,) = analyze(open_run(folder), [OtherColumns(gives=gives)], nulls=0).values()
        assert isinstance(found, Failure)
        assert "promises the columns ['norm', 'value']" in found.reason
        assert not list((folder / "results").rglob("*.parquet"))

    def test_an_obstacle_is_not_applicable_with_its_reason(self, folder: Path) -> None:
        found = analyze(open_run(folder), [Hindered(), Chain(below=Hindered()), ExcludedLoss(keys=(4,))], nulls=2)
        assert all(isinstance(outcome, NotApplicable) for outcome in found.values())
        reasons = [outcome.reason for outcome in found.values()]
        assert reasons[:2] == ["7 is not to its taste"] * 2
        assert reasons[2] == "frequency 4 does not exist modulo 7; use 1 to 3"
        assert not calls()

    def test_an_interruption_keeps_what_is_stored(self, folder: Path) -> None:
        with pytest.raises(KeyboardInterrupt):
            analyze(open_run(folder), [Made(), Breaks(error=KeyboardInterrupt)], nulls=0)
        before = {step for (name, step), times in calls().items() if name == "made" and times == 1}
        analyze(open_run(folder), [Made()], nulls=0)
        assert before | {20} == before
        assert calls() == {("made", step): 1 for step in {0, 10, 20} - before}
        assert not [path for path in (folder / "results").rglob("*") if path.name.startswith(".")]

    @pytest.mark.parametrize("keep", [0, 4, 200, 0.5, 0.99])
    def test_a_truncated_checkpoint_is_named(self, folder: Path, keep: float) -> None:
        path = folder / "weights" / "00000010.safetensors"
        content = path.read_bytes()
        path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
        with pytest.raises(UserError, match=r"00000010\.safetensors cannot be read") as caught:
            analyze(open_run(folder), ["gini", Made()], nulls=0)
        assert "\n" not in str(caught.value)
        assert {("made", 20)} <= set(calls()) <= {("made", 20), ("made", 0)}
