"""The remedy of a message or page reaches the folder in which the results of the run lie."""

from __future__ import annotations

import html
import shlex
from pathlib import Path

import pytest
from made_runs import make_run, write_weights

import mechgrok
from mechgrok.auditing import results as audited
from mechgrok.report.commands import analyzing
from mechgrok.runs.run import open_run


def test_results_elsewhere_are_named(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a run")
    assert shlex.split(analyzing(open_run(run), "gini")) == ["mechgrok", "analyze", str(run), "gini"]
    elsewhere = open_run(run, results=tmp_path / "out")
    assert shlex.split(analyzing(elsewhere)) == ["mechgrok", "analyze", str(run), "--results", str(tmp_path / "out")]
    with pytest.raises(mechgrok.UserError, match=r"no stored results; make some with: .* --results "):
        mechgrok.write_report(elsewhere)


def test_the_page_of_stale_results_names_the_command(tmp_path: Path) -> None:
    path, out = make_run(tmp_path / "small"), tmp_path / "out"
    mechgrok.analyze(open_run(path, results=out), ["gini"], nulls=0)
    write_weights(path, 20, 7, scale=2.0)
    page = mechgrok.write_report(open_run(path, results=out)).page.read_text()
    assert f"<code>mechgrok analyze {path} --results {out}</code> computes them again" in html.unescape(page)


def test_broken_tables_name_the_command(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "small"), results=tmp_path / "out")
    mechgrok.write_report(run, mechgrok.analyze(run, ["gini"], nulls=0))
    for table in (tmp_path / "out").rglob("tables.parquet"):
        table.write_bytes(b"")
    reason = mechgrok.write_report(run).summary["measures"]["gini"]["reason"]
    assert reason == f"its stored tables are missing or broken; mechgrok analyze --results {tmp_path / 'out'} computes them again"
    assert f"; mechgrok analyze {run.path} --results {tmp_path / 'out'} computes what" in next(audited.results(run)).text


def test_a_measure_that_fails_names_the_command(tmp_path: Path) -> None:
    def broken(snapshot: object) -> float:
        return 1 / 0

    run = open_run(make_run(tmp_path / "small"), results=tmp_path / "out")
    with pytest.raises(mechgrok.UserError, match=rf"; mechgrok analyze {run.path} .*broken.* --results {tmp_path / 'out'} shows where$"):
        mechgrok.figure(run, broken)
