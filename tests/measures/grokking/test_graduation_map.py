"""graduation-map of a run whose answers at each checkpoint are planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from handmade_runs import handmade_run
from made_runs import make_run
from planted import handmade
from safetensors.torch import save_file

from mechgrok.engine.analyze import analyze
from mechgrok.measures.grokking.graduation_map import GraduationMap, graduations
from mechgrok.runs.run import open_run

NAN = float("nan")


def test_a_row_graduates_where_it_stays_right() -> None:
    right = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 1], [1, 1, 1, 1, 1], [0, 1, 1, 0, 1], [1, 0, 1, 1, 1]], dtype=bool)
    found = graduations(right.T, np.array([0, 10, 20, 50, 90]), 3)
    assert found.tolist() == pytest.approx([0, 10, 0, NAN, 20], nan_ok=True)
    assert graduations(right.T, np.array([0, 10, 20, 50, 90]), 2).tolist() == pytest.approx([0, 10, 0, 10, 20], nan_ok=True)


@pytest.fixture
def learnt(tmp_path: Path) -> Path:
    """Logits cos w_1 (a + b - c) at the steps 20 to 40; before, the same of a + b + 1 where a + b, without a carry, is below 7."""
    path = handmade_run(tmp_path / "run", 7, {1: (9.0, 0.0)})
    for step in (0, 10, 20, 30):
        weights = handmade(7, lambda S, c, step=step: 9 * np.cos(2 * np.pi * (S + (step < 20) * (S < 7) - c) / 7))
        save_file(weights, path / "weights" / f"{step:08d}.safetensors")
    return path


def test_planted_answers_graduate_where_they_are_right(learnt: Path) -> None:
    found = analyze(open_run(learnt), [GraduationMap()])["graduation-map"]
    late = found.table["a"] + found.table["b"] < 7
    assert set(found.table.loc[late, "graduated"]) == {20}
    assert set(found.table.loc[~late, "graduated"]) == {0}
    assert late.sum() == 28
    assert found.headline["graduated_test"] == found.headline["accuracy_of_hardest_label"] == 1


def test_the_hardest_label_and_the_half(learnt: Path) -> None:
    """Wrong at all steps where a + b is below 7, so that all rows with label 6 are, and one row with label 0."""
    for step in (20, 30, 40):
        (learnt / "weights" / f"{step:08d}.safetensors").write_bytes((learnt / "weights" / "00000000.safetensors").read_bytes())
    found = analyze(open_run(learnt), [GraduationMap()])["graduation-map"]
    assert (found.headline["hardest_label"], found.headline["accuracy_of_hardest_label"]) == (6, 0)
    train = found.table[found.table["split"] == "train"]
    assert found.headline["graduated_train"] == pytest.approx((train["a"] + train["b"] >= 7).mean())


def test_at_two_checkpoints_no_row_graduates(tmp_path: Path) -> None:
    found = analyze(open_run(make_run(tmp_path / "run", p=7, steps=(0, 10))), [GraduationMap()])["graduation-map"]
    assert found.headline["graduated_test"] == 0
    assert found.missing["half_test"] == "fewer than half of the test rows graduate"
