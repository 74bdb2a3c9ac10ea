"""The index over several runs."""

from __future__ import annotations

from pathlib import Path

from made_runs import make_run

from mechgrok.engine.analyze import analyze
from mechgrok.report import write_report
from mechgrok.report.index import write_index
from mechgrok.runs.run import open_run


def test_it_links_every_page_and_names_what_broke(tmp_path: Path) -> None:
    reports = []
    for name in ("one", "two words <b>"):
        run = open_run(make_run(tmp_path / "runs" / name))
        reports.append(write_report(run, analyze(run, ["loss"], nulls=0)))
    index = tmp_path / "elsewhere" / "index.html"
    write_index(index, reports, {"bad<i>": "it is <empty>"})
    text = index.read_text()
    assert 'href="../runs/one/report/index.html"' in text
    assert 'href="../runs/two%20words%20%3Cb%3E/report/index.html"' in text
    assert "two words &lt;b&gt;" in text
    assert "bad&lt;i&gt;</strong>: it is &lt;empty&gt;" in text
    assert "<script" not in text


def test_a_run_that_was_not_asked_has_a_dash(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "one"))
    write_index(tmp_path / "index.html", [write_report(run, analyze(run, ["gini"], nulls=0))], {})
    assert '<td class="number">\u2013</td>' in (tmp_path / "index.html").read_text()
