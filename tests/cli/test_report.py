"""mechgrok report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from own_measure import Mine

from mechgrok.engine.analyze import analyze
from mechgrok.report.writing import write_report
from mechgrok.runs.run import open_run


def test_it_renders_stored_results_again_and_computes_nothing(runs: Path, call) -> None:
    assert call("analyze", runs / "a", "gini", "--nulls", 0)[0] == 0
    page = runs / "a" / "report" / "index.html"
    before = page.read_bytes()
    page.unlink()
    status, out, err = call("report", runs / "a")
    assert (status, err) == (0, "")
    assert out.rstrip().endswith(f"report: {page}")
    assert page.read_bytes() == before


@dataclass(frozen=True)
class Other(Mine):
    name: ClassVar[str] = "other"


@pytest.mark.parametrize("broken", ["", "compute"])
@pytest.mark.parametrize("command", ["analyze", "report"])
def test_results_of_a_measure_that_is_absent_are_left_out_in_one_line(runs: Path, call, command: str, broken: str) -> None:
    run = open_run(runs / "a")
    mine = Mine(breaks_in=broken)
    write_report(run, analyze(run, ["gini", mine], nulls=0))
    status, out, err = call(command, runs / "a", *(["gini"] if command == "analyze" else []))
    assert status == 0
    assert err == f"mechgrok: a: left out results of measures that are not installed: {mine.label}\n"
    assert "gini" in out
    assert "mine" not in out


@pytest.mark.long
def test_absent_measures_of_several_runs_are_one_line(runs: Path, call) -> None:
    for name in ("a", "b"):
        run = open_run(runs / name)
        write_report(run, analyze(run, ["gini", Mine(), Other()], nulls=0))
    _, _, err = call("report", runs)
    assert err == "mechgrok: a, b: left out results of measures that are not installed: mine, other\n"


@pytest.mark.parametrize(("words", "message"), [([], "no stored results"), (["gini"], "there is no folder gini")])
def test_wrong_input_is_one_line(runs: Path, call, words: list[str], message: str) -> None:
    status, _, err = call("report", runs / "a", *words)
    assert status == 2
    assert message in err
    assert err.count("\n") == 1
