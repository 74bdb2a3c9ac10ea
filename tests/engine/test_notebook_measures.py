"""Measures that are defined in a notebook: what a cell changes is computed again, what cannot be seen is never stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_runs import make_run

from mechgrok.cli import main
from mechgrok.engine.analyze import analyze
from mechgrok.engine.registry import parse
from mechgrok.measures.base.measure import Measure
from mechgrok.runs.run import open_run

MEASURE = """
from __future__ import annotations
from dataclasses import dataclass
import pandas as pd
import plotly.graph_objects as go
from mechgrok.measures.base.measure import Measure

@dataclass(frozen=True)
class OfACell(Measure):
    name = "of-a-cell"
    title = "Of a cell"
    reference = "nobody 2026"
    columns = {"value": "a number"}

    def compute(self, snapshot, given):
        CALLS.append(snapshot.step) if "CALLS" in globals() else None
        return pd.DataFrame({"value": [helper(snapshot.step)]})

    def plot(self, result):
        return go.Figure()

    def headline(self, result):
        return {"value": float(result["value"].iloc[-1])}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run")


def cells(*more: str) -> dict[str, Any]:
    """A notebook's names after its cells."""
    space: dict[str, Any] = {"__name__": "__main__"}
    for text in (MEASURE.replace('        CALLS.append(snapshot.step) if "CALLS" in globals() else None\n', ""), *more):
        exec(text, space)
    return space


def values(folder: Path, measure: Measure) -> list[float]:
    found = analyze(open_run(folder), [measure], nulls=0)["of-a-cell"]
    return [float(value) for value in found.table["value"]]


def stored(folder: Path) -> list[Path]:
    return sorted((folder / "results" / "of-a-cell").rglob("*.parquet"))


def test_a_helper_of_another_cell_that_changes_gives_the_new_number(folder: Path) -> None:
    space = cells("def helper(step): return step + 1.0")
    assert values(folder, space["OfACell"]()) == [1.0, 11.0, 21.0]
    exec("def helper(step): return step + 2.0", space)
    assert values(folder, space["OfACell"]()) == [2.0, 12.0, 22.0]


def test_a_global_that_changes_gives_the_new_number(folder: Path) -> None:
    space = cells("OFFSET = 1.0\ndef helper(step): return step + OFFSET")
    assert values(folder, space["OfACell"]()) == [1.0, 11.0, 21.0]
    space["OFFSET"] = 5.0
    assert values(folder, space["OfACell"]()) == [5.0, 15.0, 25.0]


def test_what_did_not_change_is_reused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = cells("def helper(step): return step + 1.0")
    values(folder, space["OfACell"]())
    written = [path.stat().st_mtime_ns for path in stored(folder)]
    assert len(written) == 3
    assert values(folder, cells("def helper(step): return step + 1.0")["OfACell"]()) == [1.0, 11.0, 21.0]
    assert [path.stat().st_mtime_ns for path in stored(folder)] == written


def test_what_cannot_be_seen_is_computed_anew_and_nothing_of_it_is_stored(folder: Path) -> None:
    space = cells("counted = iter(range(100))\ndef helper(step): return float(next(counted))")
    first = analyze(open_run(folder), [space["OfACell"]()], nulls=2)["of-a-cell"]
    assert sorted(first.table["value"]) == [0.0, 1.0, 2.0]
    assert first.table["step"].tolist() == [0, 10, 20]
    assert min(values(folder, space["OfACell"]())) >= 3.0
    assert not (folder / "results" / "of-a-cell").exists()


def test_a_measure_that_others_are_based_on_may_be_of_a_cell(folder: Path) -> None:
    space = cells("def helper(step): return step + 1.0", BASED)
    assert [*analyze(open_run(folder), [space["Based"]()], nulls=0)["based"].table["value"]] == [2.0, 22.0, 42.0]
    exec("def helper(step): return step + 2.0", space)
    assert [*analyze(open_run(folder), [space["Based"]()], nulls=0)["based"].table["value"]] == [4.0, 24.0, 44.0]


BASED = """
@dataclass(frozen=True)
class Based(OfACell):
    name = "based"

    @property
    def requires(self):
        return {"other": OfACell()}

    def compute(self, snapshot, given):
        return given["other"] * 2
"""


def test_the_command_line_leaves_out_what_it_does_not_have(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from mechgrok.report import write_report

    run = open_run(folder)
    space = cells("def helper(step): return step + 1.0")
    write_report(run, analyze(run, [space["OfACell"](), parse("gini")], nulls=0))
    for command in (["analyze", str(folder), "loss", "--nulls", "0"], ["report", str(folder)]):
        assert main(command) == 0
        told = capsys.readouterr().err
        assert "of-a-cell" in told
        assert "not installed" in told
        assert "failed" not in told
