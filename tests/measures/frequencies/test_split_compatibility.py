"""split-compatibility beside condition numbers of explicit matrices, and all splits of a small table."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from kinds_of_runs import RUNS

from mechgrok.engine.analyze import analyze
from mechgrok.maths.harmonic.compatibility import expected_square
from mechgrok.measures.frequencies.split_compatibility import SplitCompatibility
from mechgrok.runs.run import Run, open_run


def waves(run: Run, k: int) -> np.ndarray:
    """Cosine and sine of the phases of the train rows (rows, 2)."""
    a, b = np.divmod(np.arange(run.task.numbers**2), run.task.numbers)
    angle = 2 * np.pi * k * (a + b) / run.task.numbers
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)[run.is_train]


def test_it_is_the_condition_number_of_the_gram_matrix(tmp_path: Path) -> None:
    run = open_run(RUNS["odd"](tmp_path / "run"))
    found = analyze(run, [SplitCompatibility()])["split-compatibility"]
    matrices = [waves(run, k) for k in (1, 2, 3)]
    expected = [np.linalg.cond(each.T @ each) for each in matrices]
    assert found.table["condition"].tolist() == pytest.approx(expected, rel=1e-9)
    assert found.headline["worst"] == int(np.argmax(expected)) + 1
    R = [abs(np.mean((each[:, 0] + 1j * each[:, 1]) ** 2)) for each in matrices]
    assert found.table["excess"].tolist() == pytest.approx([r * r / expected_square(49, len(matrices[0])) for r in R], rel=1e-9)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_the_expected_square_is_the_mean_over_all_splits(n: int) -> None:
    """Nine rows a + b modulo 3, all choices of n of them."""
    unit = np.exp(4j * np.pi * np.add.outer(range(3), range(3)).ravel() / 3)
    squares = [abs(unit[list(rows)].mean()) ** 2 for rows in itertools.combinations(range(9), n)]
    assert expected_square(9, n) == pytest.approx(np.mean(squares), abs=1e-12)


def test_the_whole_table_favours_nothing(tmp_path: Path) -> None:
    found = analyze(open_run(RUNS["all-train"](tmp_path / "run")), [SplitCompatibility()])["split-compatibility"]
    assert found.table["condition"].tolist() == pytest.approx([1] * 3, abs=1e-9)
    assert found.table["excess"].isna().all()


def test_the_frequency_without_a_sine_has_no_number(tmp_path: Path) -> None:
    found = analyze(open_run(RUNS["even"](tmp_path / "run")), [SplitCompatibility()])["split-compatibility"].table
    assert found["condition"].isna().tolist() == [False, False, False, True]
