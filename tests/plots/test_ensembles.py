"""Curves of several runs in groups."""

from __future__ import annotations

import numpy as np

from mechgrok.plots.ensembles import Ensemble, ensembles

X = np.array([0.0, 10.0, 20.0])
NONE = np.full(3, np.nan)


def group(*runs: list[float], low: np.ndarray = NONE, high: np.ndarray = NONE) -> Ensemble:
    every = np.array(runs)
    return Ensemble(X, every, np.median(every, 0), low, high)


def test_runs_of_a_group_are_one_trace_with_gaps() -> None:
    thin, middle = ensembles({"a": group([1, 2, 3], [5, 6, 7])}).data
    assert np.array_equal(thin.y, [1, 2, 3, np.nan, 5, 6, 7, np.nan], equal_nan=True)
    assert np.array_equal(thin.x[:4], [0, 10, 20, np.nan], equal_nan=True)
    assert middle.y.tolist() == [3, 4, 5]
    assert thin.line.width < middle.line.width
    assert thin.line.color == middle.line.color


def test_a_band_is_drawn_where_there_is_an_interval() -> None:
    low, high = np.array([np.nan, 1, 2]), np.array([np.nan, 8, 9])
    _, band, _ = ensembles({"a": group([1, 2, 3], [5, 6, 7], low=low, high=high)}).data
    assert (band.x.tolist(), band.y.tolist()) == ([10, 20, 20, 10], [8, 9, 2, 1])


def test_one_run_is_a_line_and_groups_differ_in_colour() -> None:
    one, two = ensembles({"a": group([1, 2, 3]), "b": group([1, 2, 4])}).data
    assert [one.name, two.name] == ["a", "b"]
    assert one.line.color != two.line.color


def test_step_zero_has_a_place_on_a_logarithmic_axis() -> None:
    [line] = ensembles({"a": group([1, 2, 3])}, log_x=True).data
    assert line.x.tolist() == [5, 10, 20]
