"""A small run with results."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from made_runs import make_run
from own_measure import REPORTED

from mechgrok.engine.analyze import analyze
from mechgrok.report.writing import write_report
from mechgrok.runs.run import Run, open_run


@pytest.fixture(scope="session")
def _analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_run(tmp_path_factory.mktemp("made") / "small", p=7)
    run = open_run(folder)
    write_report(run, analyze(run, REPORTED, nulls=3))
    return folder


@pytest.fixture
def run(_analysed: Path, tmp_path: Path) -> Run:
    """A run of its own for each test, with stored results of REPORTED at steps 0, 10 and 20, and its report."""
    return open_run(shutil.copytree(_analysed, tmp_path / "small"))
