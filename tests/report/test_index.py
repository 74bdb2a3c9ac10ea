"""The index over several runs."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

from made_runs import make_run

from mechgrok.engine.analyze import analyze
from mechgrok.report.index import write_index
from mechgrok.report.writing import write_report
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


def text_of(page: Path) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page.read_text()))


def test_it_shows_what_varies_and_when_each_run_grokked(tmp_path: Path) -> None:
    reports = []
    for name, fraction, last in (("one", 0.4, 60), ("two", 0.3, 30)):
        folder = make_run(tmp_path / name, train=fraction)
        lines = [f"{step},{split},1.0,{float(step >= 30)}" for step in range(0, last, 10) for split in ("train", "test")]
        (folder / "metrics.csv").write_text("\n".join(["step,split,loss,accuracy", *lines, ""]))
        run = open_run(folder)
        reports.append(write_report(run, analyze(run, ["gini"], nulls=0)))
    write_index(tmp_path / "index.html", reports, {})
    words = " ".join(text_of(tmp_path / "index.html").split())
    assert words.count("modular add modulo 7") == 1
    assert "split.fraction memorised generalised step" in words
    assert re.search(r"one 0\.4 30 30 20", words)
    assert re.search(r"two 0\.3 >\s20 >\s20 20", words)


def test_runs_that_differ_in_much_are_described_in_words(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "one"))
    one = write_report(run, analyze(run, ["gini"], nulls=0))
    configs = [{"part": {f"value{number}": number * factor for number in range(10)}} for factor in (1, 2)]
    described = [one.summary["run"] | {"config": each, "trained": f"addition · kind {index}"} for index, each in enumerate(configs)]
    write_index(tmp_path / "index.html", [replace(one, summary=one.summary | {"run": each}) for each in described], {})
    words = " ".join(text_of(tmp_path / "index.html").split())
    assert "All: addition" in words
    assert "one kind 0" in words
    assert "value1" not in words
