"""Holm's correction as what it is: Bonferroni's test of every set of hypotheses that holds one of them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mechgrok.maths.statistics.holm import holm


def closed(p: list[float], index: int) -> float:
    """The largest of the p-values of all sets that hold a hypothesis; of a set: its size times its smallest, at most 1."""
    sets = [chosen for size in range(1, len(p) + 1) for chosen in combinations(range(len(p)), size) if index in chosen]
    return max(min(1.0, len(chosen) * min(p[each] for each in chosen)) for chosen in sets)


@pytest.mark.parametrize("p", [[0.01, 0.04, 0.03], [0.5, 0.002, 0.2, 0.04, 0.04], [0.7, 0.9], [0.03]])
def test_it_is_closed_testing(p: list[float]) -> None:
    assert holm(p).tolist() == pytest.approx([closed(p, index) for index in range(len(p))])


def test_what_was_not_tested_does_not_count() -> None:
    found = holm([0.02, float("nan"), 0.5])
    assert found[[0, 2]].tolist() == [0.04, 0.5]
    assert np.isnan(found[1])
    assert holm([]).tolist() == []
