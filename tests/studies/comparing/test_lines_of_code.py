"""The lines that make the figures of a comparison."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from compared_runs import compared_run, sweep_of

import mechgrok
from mechgrok.cli import main
from mechgrok.studies.comparing.lines_of_code import lines_of
from mechgrok.studies.comparing.stored_runs import StoredRuns


@pytest.fixture
def comparison(tmp_path: Path) -> StoredRuns:
    sweep_of(tmp_path / "sweep", {0.5: [60, 80], 2.0: [None, 50]})
    return mechgrok.compare(tmp_path / "sweep", by=["seed"])


def test_the_line_of_python_makes_the_figure(comparison: StoredRuns) -> None:
    for name, figure in comparison.figures().items():
        assert eval(lines_of(comparison, name)[-1], {"mechgrok": mechgrok}) == figure


def test_the_line_of_the_shell_makes_the_figure(comparison: StoredRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, label in (("curves", "loss"), ("times", "grok-times")):
        line = lines_of(comparison, name)[0].replace(".pdf", ".json")
        assert main(shlex.split(line)[1:]) == 0
        assert (tmp_path / f"{label}.json").exists()


def test_some_runs_of_a_folder_are_named_each(tmp_path: Path) -> None:
    """A line with the folder would draw all of its runs."""
    sweep_of(tmp_path / "sweep", {0.5: [60, 80], 2.0: [None, 50], 3.0: [30, 40], 4.0: [20, 30]})
    some = sorted(path.parent for path in (tmp_path / "sweep").glob("*/config.json"))[:7]
    found = mechgrok.compare(some)
    (line,) = lines_of(found, "curves")
    assert eval(line, {"mechgrok": mechgrok}) == found.figures()["curves"]


def test_runs_of_several_folders_have_a_line_of_python_alone(tmp_path: Path) -> None:
    compared_run(tmp_path / "one" / "a", 0.5, 0, 30)
    compared_run(tmp_path / "two" / "b", 2.0, 1, 30)
    (line,) = lines_of(mechgrok.compare([tmp_path / "one", tmp_path / "two"]), "curves")
    assert line.startswith("mechgrok.compare([")
