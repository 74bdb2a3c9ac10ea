"""The comparison behind docs/determinism.md, and the promises of this page that take a process to see."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import determinism
import numpy as np
import pytest
from made_runs import make_run
from safetensors.numpy import load_file, save_file
from tiny_flags import QUIET, TINY

from mechgrok.cli import main


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    left = make_run(tmp_path / "left")
    return left, Path(shutil.copytree(left, tmp_path / "right"))


def test_the_same_files_are_the_same_bytes(pair: tuple[Path, Path]) -> None:
    (pair[1] / "execution.json").write_text("{}")
    (pair[0] / "execution.json").write_text('{"threads": 1}')
    assert determinism.compared(*pair) == determinism.SAME


def test_a_weight_that_differs_is_given_relative_to_the_largest(pair: tuple[Path, Path]) -> None:
    path = pair[1] / "weights" / "00000010.safetensors"
    weights = load_file(path)
    name = "embed.W_E"
    weights[name] = weights[name] + np.float32(0.25) * np.eye(*weights[name].shape, dtype=np.float32) * np.abs(weights[name]).max()
    save_file(weights, path)
    assert determinism.compared(*pair) == "weights differ by 2.5e-01 of the largest"


def test_files_that_are_missing_or_differ_are_named(pair: tuple[Path, Path]) -> None:
    (pair[1] / "metrics.csv").write_text("other")
    assert determinism.compared(*pair) == "the same weights; other bytes in metrics.csv"
    (pair[1] / "metrics.csv").unlink()
    assert determinism.compared(*pair) == "other files: metrics.csv"


def test_the_page_has_a_line_for_each_comparison_and_the_promised_ones_hold() -> None:
    lines = determinism.PAGE.read_text().partition(determinism.MARK)[2].splitlines()
    measured = dict([cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| "))
    assert set(measured) - {"two runs"} - {key for key in measured if set(key) <= set("- ")} == {row.name for row in determinism.ROWS}
    promised = [name for name in measured if "twice" in name]
    assert len(promised) == 3
    assert {measured[name] for name in promised} == {determinism.SAME}


@pytest.mark.long
def test_analysis_report_and_figure_do_not_import_transformer_lens(tmp_path: Path) -> None:
    assert main(["train", "demo", *TINY, *QUIET, "--out", str(tmp_path / "run")]) == 0
    code = """
import sys
from mechgrok.cli import main
assert main(["analyze", "run", "--nulls", "1"]) == 0
assert main(["report", "run"]) == 0
assert main(["figure", "run", "loss", "--out", "loss.json"]) == 0
assert "transformer_lens" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
