"""mechgrok compare, table, and figures of several runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from compared_runs import sweep_of

from mechgrok.cli import main


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    sweep_of(tmp_path / "runs", {0.5: [60, 80, None], 2.0: [30, 40, 50]})
    return tmp_path / "runs"


def test_compare_writes_a_page_beside_the_runs_and_says_which_groups_grokked(runs: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["compare", str(runs)]) == 0
    lines = capsys.readouterr().out.replace("\u00a0", " ").splitlines()
    assert lines[:2] == ["weight_decay 0.5: 2 of 3 generalised, median 80", "weight_decay 2: 3 of 3 generalised, median 40"]
    assert lines[-1] == f"page: {runs}/comparison/index.html"
    assert (runs / "comparison" / "index.html").is_file()
    assert main(["compare", str(runs), "--by", "seed"]) == 0
    assert "seed 0: 2 of 2" in capsys.readouterr().out


def test_wrong_words_are_one_line(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "empty").mkdir()
    for words, text in (
        (["compare", str(runs), "--by", "model.d_modl"], "did you mean model.d_model?"),
        (["compare", str(tmp_path / "empty")], "is no run and holds none"),
        (["table", str(runs), "--out", str(tmp_path / "runs.doc")], "the name must end in one of .csv, .parquet, .tex, .md"),
        (["table", str(runs), "--format", "parquet"], "name a file"),
        (
            ["figure", str(runs), "gini", "--out", str(tmp_path / "f.json")],
            "no run has stored results of gini; make them with: mechgrok analyze",
        ),
        (["figure", str(runs / "decay=2-s0"), "loss", "--by", "seed", "--out", str(tmp_path / "f.json")], "--by needs several runs"),
    ):
        assert main(words) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert text in line


def test_a_table_is_printed_or_written(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["table", str(runs)]) == 0
    assert capsys.readouterr().out.startswith("| run | optimizer.weight_decay | seed |")
    for name, start in (("runs.csv", b"run,optimizer.weight_decay,seed"), ("runs.tex", b"% mechgrok: {"), ("runs.parquet", b"PAR1")):
        assert main(["table", str(runs), "--out", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_bytes().startswith(start)


def test_figures_of_several_runs(runs: Path, tmp_path: Path) -> None:
    for name, measure in (("times", "grok-times"), ("curves", "loss"), ("keys", "key-frequencies")):
        out = tmp_path / f"{name}.json"
        assert main(["figure", str(runs), measure, "--by", "optimizer.weight_decay", "--out", str(out)]) == 0
        names = {trace.get("name") for trace in json.loads(out.read_text())["data"]}
        assert names >= ({"memorised", "generalised"} if name == "times" else {"weight_decay 0.5", "weight_decay 2"})


def test_list_shows_the_runs_of_a_folder(runs: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["list", str(runs)]) == 0
    head, first, *_ = capsys.readouterr().out.splitlines()
    assert head.split() == ["run", "optimizer.weight_decay", "seed", "memorised", "generalised", "last_step"]
    assert first.split() == ["decay=0.5-s0", "0.5", "0", "20", "60", "100"]
