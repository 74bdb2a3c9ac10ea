"""What must stay apart: nulls of different steps, and classes of one name that nobody can tell apart later."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_measures import Made

from mechgrok.engine import results
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies
from mechgrok.runs.run import open_run

SOURCELESS = """
@dataclass(frozen=True)
class Typed(Made):
    name = "typed"
    def headline(self, result):
        return {"x": float(result["value"].iloc[-1])}
    def compute(self, snapshot, given):
        return pd.DataFrame({"value": [VALUE], "norm": [0.0]})
"""


def typed(value: float) -> Made:
    """A measure as somebody types it where no file keeps it; typed again, it has the same name and fields."""
    import dataclasses

    import pandas as pd

    space = {"dataclass": dataclasses.dataclass, "Made": Made, "pd": pd, "VALUE": value, "__name__": "typed_in"}
    exec(SOURCELESS, space)
    return space["Typed"]()


def test_a_measure_typed_anew_is_computed_anew(folder: Path) -> None:
    values = [analyze(open_run(folder), [typed(value)], steps="last", nulls=0)["typed"].headline["x"] for value in (1.0, 2.0)]
    assert values == [1.0, 2.0]


def test_the_null_of_one_step_does_not_replace_that_of_another(folder: Path) -> None:
    run = open_run(folder)
    analyze(run, [Made()], steps="last", nulls=3)
    before = results.read_null(run.path, Made(), run.last_step)
    analyze(run, [Made()], steps=[run.steps[0]], nulls=3)
    assert before is not None
    assert results.read_null(run.path, Made(), run.last_step) == before
    assert results.read_null(run.path, Made(), run.steps[0]) is not None


def test_an_unreadable_label_is_passed_over_and_written_again(folder: Path) -> None:
    analyze(open_run(folder), [Made()], steps="last", nulls=0)
    label = results.folder(folder, Made()) / "measure.json"
    label.write_bytes(b"")
    assert results.stored_labels(folder) == []
    (results.folder(folder, Made()) / "tables.parquet").unlink()
    analyze(open_run(folder), [Made()], steps="last", nulls=0)
    assert results.stored_labels(folder) == ["made"]


@pytest.mark.parametrize("wrong", [KeyFrequencies(rule="fixed"), KeyFrequencies(fixed=(1,))])
def test_fixed_frequencies_and_their_rule_belong_together(wrong: KeyFrequencies, folder: Path) -> None:
    (found,) = analyze(open_run(folder), [wrong], nulls=0).values()
    assert isinstance(found, NotApplicable)
    assert "rule=fixed needs" in found.reason


def test_a_threshold_does_not_touch_fixed_frequencies(folder: Path) -> None:
    (found,) = analyze(open_run(folder), [KeyFrequencies(rule="fixed", fixed=(2,), threshold=1.0)], nulls=0).values()
    assert found.headline["frequencies"] == [2]
