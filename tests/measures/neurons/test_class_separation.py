"""class-separation of made runs beside loops over rows, and its alarm."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kinds_of_runs import RUNS
from planted import measured

from mechgrok.engine.outcomes import Result
from mechgrok.measures.neurons.class_separation import ClassSeparation
from mechgrok.runs.run import open_run


def test_it_is_the_ratio_of_test_rows_by_the_definition(tmp_path: Path) -> None:
    """Of a perceptron the state is its neurons."""
    snapshot = open_run(RUNS["mlp"](tmp_path / "run")).snapshot()
    test = snapshot.grid.subsets["test"].numpy()
    points, labels = snapshot.neurons.numpy()[test], snapshot.grid.labels.numpy()[test]
    centres = {c: points[labels == c].mean(0) for c in set(labels.tolist())}
    between = np.mean([((centres[x] - centres[y]) ** 2).sum() for x, y in itertools.combinations(centres, 2)])
    within = np.mean([((x - centres[c]) ** 2).sum() for x, c in zip(points, labels.tolist(), strict=True)])
    assert measured(ClassSeparation(), snapshot).headline["ratio"] == pytest.approx(between / (within + 1e-8), rel=1e-9)


def alarmed(ratios: list[float]) -> Result:
    table = pd.DataFrame({"step": range(0, 10 * len(ratios), 10), "rows": 9, "between": ratios, "within": 1.0, "ratio": ratios})
    return Result(ClassSeparation(), table)


def test_the_alarm_is_2_5_times_the_median_of_three_checkpoints() -> None:
    """Of 1, 3, 1.2 it is 1.2: 2.9 is below three, and the early 3 is not."""
    assert alarmed([1.0, 2.9, 1.2, 2.9, 3.1, 8.0]).headline["alarm"] == 40
    assert alarmed([1.0, 3.0, 1.2, 2.0]).headline["alarm"] == 10
    assert alarmed([1.0, 1.1, 1.2, 2.7]).missing["alarm"] == "no checkpoint has 2.5 times the early ratio"
