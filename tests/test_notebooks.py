"""Every notebook runs from top to bottom on a run that was just trained."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from mechgrok.cli import main

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
TINY = (
    "--task.p 7 --model.d_model 16 --model.heads 2 --model.d_mlp 16 --training.steps 20 --checkpoints.every 10 --checkpoints.log_spaced 0"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "tiny"
    assert main(["train", "demo", *TINY.split(), "--log", "quiet", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def corrupted(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "corrupted"
    rule = "--corruption.kind fixed-rule --corruption.divisor 5"
    assert main(["train", "demo", *TINY.split(), *rule.split(), "--log", "quiet", "--out", str(out)]) == 0
    return out


@pytest.mark.long
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_from_top_to_bottom(path, run, corrupted, monkeypatch):
    monkeypatch.setitem(os.environ, "MECHGROK_RUN", str(run))
    monkeypatch.setitem(os.environ, "MECHGROK_STEPS", "20")
    monkeypatch.setitem(os.environ, "MECHGROK_CORRUPTED_RUN", str(corrupted))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()
    failed = [output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    assert not failed
    assert all(cell.outputs for cell in notebook.cells if cell.cell_type == "code"), "a cell shows nothing"


def test_notebooks_are_committed_without_outputs():
    for path in NOTEBOOKS:
        assert not any(cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells), path.name


def test_there_are_ten_of_less_than_forty_cells_that_say_what_is_learnt_and_what_to_try():
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{number:02d}" for number in range(1, 11)]
    for path in NOTEBOOKS:
        first, *_, last = cells = nbformat.read(path, as_version=4).cells
        assert len(cells) < 40, path.name
        assert first.source.startswith("# "), path.name
        assert "**You will learn** " in first.source, path.name
        assert last.source.startswith("## What to try\n\n- "), path.name
