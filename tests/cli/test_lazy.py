"""What a command does not need it does not import; imports are what makes a command slow to start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from made_runs import make_run

from mechgrok.cli import COMMANDS, main

CODE = """
import sys
from mechgrok.cli import main

class Refusing:
    def find_spec(self, name, path=None, target=None):
        assert name not in forbidden, f"{name} is imported"

forbidden = set(sys.argv[1].split(","))
sys.meta_path.insert(0, Refusing())
try:
    status = main(sys.argv[2:])
except SystemExit as stop:
    status = stop.code or 0
assert status == 0, status
assert not forbidden & set(sys.modules)
"""


def without(modules: str, *words: object) -> str:
    done = subprocess.run([sys.executable, "-c", CODE, modules, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_run(tmp_path_factory.mktemp("lazy") / "run")
    assert main(["analyze", str(folder), "gini", "restricted-loss", "--nulls", "0"]) == 0
    return folder


def test_the_overview_imports_next_to_nothing() -> None:
    assert "usage: mechgrok COMMAND" in without("torch,transformer_lens,pandas,numpy,plotly,pydantic,tyro,rich,jinja2", "--help")


@pytest.mark.parametrize("command", ["analyze", "report", "figure", "list", "doctor"])
def test_help_needs_neither_torch_nor_pandas(command: str) -> None:
    assert f"mechgrok {command}" in without("torch,transformer_lens,pandas,plotly", command, "--help")


@pytest.mark.parametrize("what", ["tasks", "splits", "optimizers", "gradients", "schedules", "probes", "measures"])
def test_list_does_without_torch(what: str) -> None:
    assert without("torch,transformer_lens", "list", what)


@pytest.mark.long
def test_list_of_everything_does_without_transformer_lens() -> None:
    out = without("transformer_lens", "list")
    assert all(word in out for word in ("modular", "python-shuffle", "transformer", "gini", "nanda2023", "hooked-transformer"))


@pytest.mark.long
def test_reading_commands_do_without_torch(run: Path, tmp_path: Path) -> None:
    without("torch,transformer_lens", "report", run)
    without("torch,transformer_lens", "figure", run, "restricted-loss", "--out", tmp_path / "f.json")
    without("torch,transformer_lens,scipy.stats", "report", run)
    without("torch,transformer_lens,scipy.stats,plotly.graph_objs", "table", run, "gini")
    without("torch,transformer_lens", "compare", run, "--out", tmp_path / "compared")


def test_list_of_runs_does_without_torch_and_statistics(tmp_path: Path) -> None:
    make_run(tmp_path / "runs" / "one", steps=())
    assert "one" in without("torch,transformer_lens,scipy,plotly.graph_objs", "list", tmp_path / "runs")


def test_the_status_of_a_sweep_does_without_torch(tmp_path: Path) -> None:
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "sweep.json").write_text('{"preset": "demo", "axes": {}, "trials": [], "cells": []}')
    assert without("torch,transformer_lens,pandas,plotly", "sweep", "status", tmp_path) == "0 of 0 cells are finished\n"


@pytest.mark.long
def test_analyze_does_without_transformer_lens(run: Path) -> None:
    without("transformer_lens", "analyze", run, "gini", "key-frequencies", "--nulls", "2")


def test_every_command_has_its_module() -> None:
    folder = Path(sys.modules[main.__module__].__file__ or "").parent
    missing = [name for name in COMMANDS if not (folder / f"{'import_' if name == 'import' else name}.py").is_file()]
    assert missing == []
