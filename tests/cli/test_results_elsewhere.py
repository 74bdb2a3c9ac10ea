"""Results and report in another folder: nothing is written to the run's, which may be read-only."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from made_runs import make_run

import mechgrok
from mechgrok.runs.run import open_run


def state(folder: Path) -> dict[str, int]:
    """Every file and folder with its time of modification: that of a folder changes with each file that is made or removed in it."""
    return {str(path): path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


def test_commands_write_to_the_other_folder_alone(call, runs: Path, tmp_path: Path) -> None:
    before, out = state(runs), tmp_path / "out"
    assert call("analyze", runs / "a", "loss", "gini", "--nulls", "1", "--results", out)[0] == 0
    summary = (out / "a" / "report" / "summary.json").read_bytes()
    assert call("report", runs / "a", "--results", out)[0] == 0
    assert (out / "a" / "report" / "summary.json").read_bytes() == summary
    assert call("figure", runs / "a", "weight-norms", "--results", out, "--out", tmp_path / "x.json")[0] == 0
    assert state(runs) == before
    assert sorted(path.name for path in (out / "a" / "results").iterdir()) == ["gini", "loss", "weight-norms"]


def test_they_are_the_results_that_the_run_would_have(call, runs: Path, tmp_path: Path) -> None:
    for words in ((), ("--results", tmp_path / "out")):
        assert call("analyze", runs / "a", "loss", "gini", "--nulls", "1", *words)[0] == 0
    for own in (runs / "a" / "results").rglob("*.*"):
        assert (tmp_path / "out" / "a" / own.relative_to(runs / "a")).read_bytes() == own.read_bytes()


def test_several_runs_have_a_folder_each_and_an_index_there(call, runs: Path, tmp_path: Path) -> None:
    before, out = state(runs), tmp_path / "out"
    assert call("analyze", runs, "loss", "--nulls", "0", "--results", out)[0] == 0
    assert state(runs) == before
    assert sorted(os.listdir(out)) == ["a", "b", "index.html"]
    assert 'href="a/report/index.html"' in (out / "index.html").read_text()


def test_the_index_has_the_curves_of_the_runs(call, runs: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (runs / name / "metrics.csv").write_text("step,split,loss,accuracy\n0,train,1.0,1.0\n1234,test,1.0,1.0\n")
    assert call("analyze", runs, "loss", "--nulls", "0", "--results", tmp_path / "out")[0] == 0
    assert "1234" in (tmp_path / "out" / "index.html").read_text().replace("\u202f", "")


def test_in_python(runs: Path, tmp_path: Path) -> None:
    before, run = state(runs), open_run(runs / "a", results=tmp_path / "out")
    report = mechgrok.write_report(run, mechgrok.analyze(run, ["loss"], nulls=0))
    mechgrok.figure(run, "gini")
    assert report.page == tmp_path / "out" / "a" / "report" / "index.html"
    assert report.run == runs / "a"
    assert state(runs) == before
    assert "Run" in run._repr_html_()
    with pytest.raises(mechgrok.UserError, match="no stored results"):
        mechgrok.write_report(open_run(runs / "a"))


def test_two_runs_of_one_name_are_refused(call, runs: Path, tmp_path: Path) -> None:
    other = make_run(tmp_path / "others" / "a")
    status, _, err = call("analyze", runs / "a", other, "loss", "--results", tmp_path / "out")
    assert status == 2
    assert "two of the runs are called a;" in err
    assert not (tmp_path / "out").exists()


def test_tasks_of_a_mixture_need_the_folder_of_the_run(call, runs: Path, tmp_path: Path) -> None:
    status, _, err = call("analyze", runs / "a", "--by-task", "--results", tmp_path / "out")
    assert (status, "--by-task" in err) == (2, True)


def test_where_the_folder_takes_no_report_the_flag_is_named(call, runs: Path) -> None:
    (runs / "a" / "report").write_text("a file in its place")
    status, _, err = call("analyze", runs / "a", "loss", "--nulls", "0")
    assert status == 2
    assert err.startswith(f"mechgrok: {runs / 'a' / 'report'} cannot be written: File exists; --results DIR, or open_run(")


def test_a_report_that_takes_no_lock_names_the_flag_too(call, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a run that was made read-only after its report was written. Root may write there, so the refusal is put in by hand."""
    assert call("analyze", runs / "a", "loss", "--nulls", "0")[0] == 0
    report, real = runs / "a" / "report", os.open

    def open_file(path: str | Path, flags: int, *mode: int) -> int:
        if Path(path).parent == report and flags & os.O_CREAT:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, flags, *mode)

    monkeypatch.setattr(os, "open", open_file)
    page = (report / "index.html").read_bytes()
    status, _, err = call("report", runs / "a")
    assert status == 2
    assert err.startswith(f"mechgrok: {report} cannot be written: Permission denied; make it writable")
    assert "; --results DIR, or open_run(..., results=DIR), is for results elsewhere" in err
    assert (report / "index.html").read_bytes() == page


def test_a_report_of_another_run_of_that_name_does_not_count(call, runs: Path, tmp_path: Path) -> None:
    """The other run has other weights, so its numbers are computed anew."""
    other = make_run(tmp_path / "others" / "a", steps=(0, 30))
    numbers = []
    for run in (runs / "a", other):
        call("analyze", run, "loss", "--nulls", "0", "--results", tmp_path / "out")
        numbers.append(json.loads((tmp_path / "out" / "a" / "report" / "summary.json").read_text())["measures"]["loss"]["headline"])
    call("analyze", other, "loss", "--nulls", "0")
    assert numbers[0] != numbers[1] == json.loads((other / "report" / "summary.json").read_text())["measures"]["loss"]["headline"]
