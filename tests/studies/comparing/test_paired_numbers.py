"""Paired tests of numbers of measures between groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_rel

from mechgrok.maths.statistics.holm import holm
from mechgrok.studies.comparing.compared import Compared
from mechgrok.studies.comparing.paired_numbers import paired_numbers


def group(name: str, seeds: range) -> list[Compared]:
    return [Compared(Path(), f"{name}{seed}", {"model.seed": seed}) for seed in seeds]


def test_each_number_of_each_pair_is_tested_over_common_seeds() -> None:
    draw = np.random.default_rng(0)
    groups = {"a": group("a", range(8)), "b": group("b", range(2, 10)), "c": group("c", range(8))}
    names = [run.name for runs in groups.values() for run in runs]
    numbers = {key: dict(zip(names, draw.normal(size=len(names)), strict=True)) for key in ("x", "y")}
    found = paired_numbers(groups, numbers)
    assert [(each.one, each.other, each.number, each.seeds) for each in found] == [
        (one, other, key, count) for one, other, count in (("a", "b", 6), ("a", "c", 8), ("b", "c", 6)) for key in ("x", "y")
    ]
    for each in found:
        seeds = range(2, 8) if "b" in (each.one, each.other) else range(8)
        one, other = ([numbers[each.number][f"{name}{seed}"] for seed in seeds] for name in (each.one, each.other))
        assert each.difference.p == pytest.approx(ttest_rel(one, other).pvalue)
        assert each.difference.mean == pytest.approx(np.mean(one) - np.mean(other))
    assert [each.corrected for each in found] == pytest.approx(holm([each.difference.p for each in found]).tolist())


def test_fewer_than_six_common_seeds_are_not_tested() -> None:
    groups = {"a": group("a", range(8)), "b": group("b", range(3, 11))}
    assert paired_numbers(groups, {"x": {run.name: 1.0 for runs in groups.values() for run in runs}}) == []


def test_a_seed_that_two_runs_of_a_group_have_is_left_out() -> None:
    twice = [*group("a", range(6)), Compared(Path(), "again", {"model.seed": 0})]
    values = dict.fromkeys(("again", *(f"{name}{seed}" for name in "ab" for seed in range(6))), 1.0)
    assert paired_numbers({"a": twice, "b": group("b", range(6))}, {"x": values}) == []
    del values["again"]
    (found,) = paired_numbers({"a": twice, "b": group("b", range(6))}, {"x": values})
    assert (found.seeds, found.difference.mean, found.difference.p) == (6, 0, 1)
