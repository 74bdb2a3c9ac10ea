"""Stored results are found again exactly as long as what they were made from is the same."""

from __future__ import annotations

import dataclasses
import errno
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_measures import Chain, CountsKeys, Made, calls, value
from made_runs import make_run, write_weights
from planted import plant

from mechgrok.engine import results, stamps
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Failure, Result
from mechgrok.engine.results import Results
from mechgrok.runs.run import open_run
from mechgrok.runs.store import write


class TestStore:
    def test_a_second_time_nothing_is_computed(self, folder: Path) -> None:
        first = analyze(open_run(folder), [Made(), Chain()], nulls=3)
        calls()
        second = analyze(open_run(folder), [Made(), Chain()], nulls=3)
        assert calls() == {}
        for label in first:
            pd.testing.assert_frame_equal(first[label].table, second[label].table, check_exact=True)
            assert first[label].null == second[label].null

    def test_more_steps_compute_only_those(self, folder: Path) -> None:
        analyze(open_run(folder), [Made()], steps=[10], nulls=0)
        calls()
        analyze(open_run(folder), [Made()], nulls=0)
        assert calls() == {("made", 0): 1, ("made", 20): 1}

    def test_other_weights_are_computed_again(self, folder: Path) -> None:
        analyze(open_run(folder), [Made()], nulls=0)
        write_weights(folder, 30, 7)
        (folder / "weights" / "00000030.safetensors").replace(folder / "weights" / "00000010.safetensors")
        calls()
        found = analyze(open_run(folder), [Made()], nulls=0)["made"]
        assert calls() == {("made", 10): 1}
        assert found.table["value"][1] == pytest.approx(value(folder, 10), rel=1e-12)

    def test_other_fields_are_computed_again_and_beside(self, folder: Path) -> None:
        analyze(open_run(folder), [Made()], steps="last", nulls=0)
        calls()
        analyze(open_run(folder), [Made(scale=2.0)], steps="last", nulls=0)
        assert calls() == {("made(scale=2.0)", 20): 1}
        analyze(open_run(folder), [Made(), Made(scale=2.0)], steps="last", nulls=0)
        assert calls() == {}

    def test_other_keys_given_are_computed_again(self, grokking: Path) -> None:
        """New weights at the last step change the last keys, so the tables of all steps; keys of each step's own stay."""
        measures = [CountsKeys(), CountsKeys(keys="own"), CountsKeys(keys=(1,))]
        analyze(open_run(grokking), measures, nulls=0)
        plant(grokking, 20, {1: 9.0})
        calls()
        found = analyze(open_run(grokking), measures, nulls=0)
        assert found["counts-keys"].table["keys"].tolist() == ["1"] * 3
        assert calls() == {("counts-keys", step): 1 for step in (0, 10, 20)} | {(m.label, 20): 1 for m in measures[1:]}

    def test_fixed_keys_do_not_depend_on_a_later_checkpoint(self, grokking: Path) -> None:
        """What the last checkpoint does not decide stays."""
        analyze(open_run(grokking), [CountsKeys(keys=(1, 2))], nulls=0)
        plant(grokking, 30, {1: 1.0, 2: 3.0})
        calls()
        analyze(open_run(grokking), [CountsKeys(keys=(1, 2))], nulls=0)
        assert calls() == {("counts-keys(keys=1,2)", 30): 1}

    def test_another_split_is_computed_again(self, folder: Path) -> None:
        before = analyze(open_run(folder), ["loss"], steps="last", nulls=0)["loss"].headline
        make_run(folder.parent / "other", train=0.8)
        (folder.parent / "other" / "split.safetensors").replace(folder / "split.safetensors")
        after = analyze(open_run(folder), ["loss"], steps="last", nulls=0)["loss"].headline
        assert after["all"] == before["all"]
        assert after["train"] != before["train"]

    def test_other_software_is_computed_again(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        analyze(open_run(folder), [Made()], steps="last", nulls=0)
        calls()
        monkeypatch.setattr(stamps, "software", lambda: {"torch": "other"})
        analyze(open_run(folder), [Made()], steps="last", nulls=0)
        assert calls() == {("made", 20): 1}

    @pytest.mark.parametrize("keep", [0, 1, 7, 100, 0.5, 0.9, -1])
    def test_a_truncated_result_is_computed_again(self, folder: Path, keep: float) -> None:
        first = analyze(open_run(folder), [Made()], steps="last", nulls=2)["made"]
        for path in [*(folder / "results").rglob("*.parquet"), *(folder / "results").rglob("nulls.json")]:
            content = path.read_bytes()
            path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
        calls()
        second = analyze(open_run(folder), [Made()], steps="last", nulls=2)["made"]
        assert calls() == {("made", 20): 3}
        pd.testing.assert_frame_equal(first.table, second.table)
        assert first.null == second.null

    @pytest.mark.parametrize("content", [b"\x00" * 400, b"PAR1" + b"\xff" * 200 + b"PAR1", b"[]", b'{"stamp": 1}'])
    def test_rubbish_in_a_results_place_is_computed_again(self, folder: Path, content: bytes) -> None:
        analyze(open_run(folder), [Made()], steps="last", nulls=2)
        for path in [*(folder / "results").rglob("*.parquet"), *(folder / "results").rglob("nulls.json")]:
            path.write_bytes(content)
        calls()
        analyze(open_run(folder), [Made()], steps="last", nulls=2)
        assert calls() == {("made", 20): 3}


class TestFiles:
    def test_a_measure_has_three_files_whatever_the_checkpoints(self, folder: Path) -> None:
        analyze(open_run(folder), [Made()], nulls=2)
        assert sorted(path.name for path in results.folder(folder, Made()).iterdir()) == ["measure.json", "nulls.json", "tables.parquet"]

    def test_files_of_single_steps_of_earlier_versions_are_removed(self, folder: Path) -> None:
        place = results.folder(folder, Made())
        place.mkdir(parents=True)
        for name in ("00000010.parquet", "null-00000010.json", ".tables.parquet.1-2"):
            (place / name).write_bytes(b"old")
        analyze(open_run(folder), [Made()], nulls=0)
        assert sorted(path.name for path in place.iterdir()) == ["measure.json", "tables.parquet"]

    def test_two_analyses_at_once_keep_the_tables_of_both(self, folder: Path) -> None:
        one, other = Results(folder), Results(folder)
        for store, step in ((one, 0), (other, 10)):
            assert store.steps(Made()) == []
            store.keep(Made(), step, "{}", pd.DataFrame({"value": [float(step)]}))
        one.write()
        other.write()
        assert Results(folder).over(Made(), [0, 10])["value"].tolist() == [0.0, 10.0]

    def test_tables_are_written_while_others_are_computed(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(results, "INTERVAL", 0.0)
        store = Results(folder)
        store.keep(Made(), 0, "{}", pd.DataFrame({"value": [1.0]}))
        assert Results(folder).steps(Made()) == [0]

    def test_an_interrupted_analysis_keeps_what_it_computed(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def stopped(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Chain, "compute", stopped)
        with pytest.raises(KeyboardInterrupt):
            analyze(open_run(folder), [Made(), Chain()], nulls=0)
        assert Results(folder).steps(Made()) == [20]

    @pytest.mark.parametrize("change", ["removed", "of other code"])
    def test_what_another_process_replaces_meanwhile_is_not_mixed_in(
        self, change: str, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(results, "INTERVAL", 0.0)

        def at_the_end(done: int, total: int) -> None:
            if done == total and change == "removed":
                shutil.rmtree(folder / results.RESULTS)
            elif done == total:
                other = Results(folder)
                other.keep(Made(), 10, "{}", pd.DataFrame({"value": [-1.0], "norm": [-1.0]}))
                other.write()

        found = analyze(open_run(folder), [Made()], nulls=0, tick=at_the_end)["made"]
        assert found.table["value"].tolist() == pytest.approx([value(folder, step) for step in (0, 10, 20)], rel=1e-12)  # type: ignore[union-attr]

    def test_results_whose_label_could_not_be_written_are_found_after_the_next_analysis(self, folder: Path, monkeypatch) -> None:
        def failing(path: Path, content: bytes, **options: bool) -> None:
            if path.name == results.LABEL:
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
            write(path, content, **options)

        with monkeypatch.context() as patch:
            patch.setattr(results, "write", failing)
            assert "make room on its disk" in str(analyze(open_run(folder), [Made()], nulls=0).notes)
        analyze(open_run(folder), [Made()], nulls=0)
        assert results.stored_labels(folder) == ["made"]

    def test_a_folder_that_takes_nothing_gives_results_and_the_reason(self, folder: Path) -> None:
        (folder / results.RESULTS).write_text("in the way")
        found = analyze(open_run(folder), [Made()], nulls=2)
        assert found["made"].table["step"].tolist() == [0, 10, 20]  # type: ignore[union-attr]
        assert found["made"].null  # type: ignore[union-attr]
        assert found.notes == (f"results are not stored: {folder / results.RESULTS} cannot be written: File exists",)


@pytest.mark.parametrize("first", ["all", [0]])
def test_a_measure_whose_columns_change_their_type_fails_alone(first: Any, folder: Path) -> None:
    def word(snapshot: Any) -> pd.DataFrame:
        return pd.DataFrame({"x": ["word"] if snapshot.step == 10 else [1.0]})

    for steps in (first, "all"):
        found = analyze(open_run(folder), [word, Made()], steps=steps, nulls=0)
        assert isinstance(found["made"], Result)
    assert isinstance(found["word"], Failure)
    assert "the columns of word have other types at step" in found["word"].reason


def test_a_list_in_a_table_is_a_list_in_the_headline(folder: Path) -> None:
    def several(_: Any) -> pd.DataFrame:
        return pd.DataFrame({"x": [[1, 2]], "y": [0.5]})

    assert analyze(open_run(folder), [several], nulls=0)["several"].headline == {"x": [1, 2], "y": 0.5}  # type: ignore[union-attr]


def test_a_headline_that_breaks_is_a_failure_of_its_measure(folder: Path) -> None:
    @dataclasses.dataclass(frozen=True)
    class Headless(Made):
        name = "headless"  # type: ignore[misc]

        def headline(self, result: pd.DataFrame) -> Any:
            raise ZeroDivisionError("no head")

    found = analyze(open_run(folder), [Headless(), Made()], nulls=2)
    assert isinstance(found["headless"], Failure)
    assert "failed: ZeroDivisionError: no head" in repr(found)
    assert isinstance(found["made"], Result)
