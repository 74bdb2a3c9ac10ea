"""A claim is reproduced where it holds in every seed and its control in none."""

from __future__ import annotations

import math

import pytest

from mechgrok.studies.claims import answer, verdict

INF = math.inf


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        ((0.3, 0.3), -INF, 0.5, "yes"),
        ((0.5, 0.5), -INF, 0.5, "no"),
        ((0.7, 0.7), -INF, 0.5, "no"),
        ((0.0, 0.2), -INF, 1.0, "yes"),
        ((2.0, INF), -INF, 1.0, "no"),
        ((2.0, INF), 1.0, INF, "yes"),
        ((0.5, INF), 1.0, INF, "unknown"),
        ((0.0, INF), -INF, 1.0, "unknown"),
        ((0.0, 0.2), 1.0, INF, "no"),
        ((0.4, 0.4), 0.3, 0.5, "yes"),
        ("not trained", -INF, 1.0, "unknown"),
    ],
)
def test_an_interval_lies_within_or_outside_or_nobody_knows(value, low: float, high: float, said: str) -> None:
    assert answer(value, low, high) == said


@pytest.mark.parametrize(
    ("values", "controls", "said"),
    [
        ("yyy", "nnn", "reproduced"),
        ("yyy", "nny", "holds, but so does the control in 1 of 3 seeds"),
        ("yyy", "nnu", "holds, the control is undecided in 1 of 3 seeds"),
        ("yyn", "nnn", "holds in 2 of 3 seeds"),
        ("ynu", "nnn", "holds in 1 of 3 seeds, undecided in 1"),
        ("nnn", "nnn", "does not hold"),
        ("uuu", "nnn", "undecided"),
        ("nnu", "yyy", "holds in 0 of 3 seeds, undecided in 1"),
    ],
)
def test_verdicts(values: str, controls: str, said: str) -> None:
    words = {"y": "yes", "n": "no", "u": "unknown"}
    assert verdict([words[each] for each in values], [words[each] for each in controls]) == said  # type: ignore[misc]
