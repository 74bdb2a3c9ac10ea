"""Differences over seeds: what a study makes of numbers of its runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mechgrok.analysis import Number, Paired, Study, Trial
from mechgrok.maths.statistics.differences import t_test
from mechgrok.studies.figures import differences
from mechgrok.studies.paired import paired_differences
from mechgrok.studies.trained import Trained

SLEEP = (
    (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0),
    (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
)
"""Hours of sleep gained with two drugs by ten patients (Student 1908, The probable error of a mean)."""


class WithNumbers(Trained):
    """Runs with given numbers."""

    def value(self, wanted: Any, seed: int) -> Any:
        if seed == 3:
            return "not trained"
        number = SLEEP[wanted.key == "b"][seed]
        return number, number


def test_a_study_pairs_by_seed_and_leaves_out_seeds_without_both() -> None:
    both = Paired("b less a", Number("x.y", "loss", "b"), Number("x.y", "loss", "a"))
    [row] = paired_differences(WithNumbers(Study("", (Trial("x", "y", ""),), (0, 1, 2, 3), (), {}, (both,)), Path("x")))
    assert row.differences == ("1.2", "2.4", "1.3", "not trained")
    expected = t_test([1.2, 2.4, 1.3])
    assert float(row.mean) == pytest.approx(expected.mean, rel=1e-2)
    assert float(row.p) == pytest.approx(expected.p, rel=1e-2)


def test_what_is_tested_is_drawn_and_nothing_else() -> None:
    pairs = tuple(Paired(key, Number("x.y", "loss", key), Number("x.y", "loss", "a")) for key in "ba")
    rows = paired_differences(WithNumbers(Study("", (Trial("x", "y", ""),), (0, 1, 2, 3), (), {}, pairs), Path("x")))
    assert [float(row.corrected) for row in rows] == pytest.approx([2 * t_test([1.2, 2.4, 1.3]).p, 1], rel=1e-2), "Holm, two comparisons"
    [(_, figure)] = differences(rows)
    singles, means = figure.data
    assert list(singles.x) == pytest.approx([1.2, 2.4, 1.3, 0, 0, 0])
    assert list(means.x) == pytest.approx([4.9 / 3, 0])
    untested = paired_differences(WithNumbers(Study("", (Trial("x", "y", ""),), (0,), (), {}, pairs), Path("x")))
    assert list(differences(untested)) == []


def test_one_seed_alone_is_not_tested() -> None:
    both = Paired("b less a", Number("x.y", "loss", "b"), Number("x.y", "loss", "a"))
    [row] = paired_differences(WithNumbers(Study("", (Trial("x", "y", ""),), (0,), (), {}, (both,)), Path("x")))
    assert row.p == "–"
