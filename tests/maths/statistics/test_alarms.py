"""Thresholds of alarms and first alarms."""

from __future__ import annotations

import numpy as np
import pytest

from mechgrok.maths.statistics.alarms import first_alarm, highest, threshold


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5])
def test_at_most_the_share_exceeds_the_threshold_and_a_lower_one_lets_more(share):
    peaks = np.random.default_rng(0).permutation(20).astype(float)
    found = threshold(peaks, share)
    assert (peaks > found).mean() <= share
    assert (peaks >= found).mean() > share


def test_a_tenth_of_ten_runs_is_one_run():
    assert threshold(np.arange(10.0), 0.1) == 8.0


def test_equal_peaks_raise_no_alarm():
    assert threshold([2.0, 2.0, 2.0, 1.0], 0.25) == 2.0


def test_without_runs_every_score_is_an_alarm():
    assert threshold([], 0.1) == -np.inf


def test_the_highest_score_of_each_run_leaves_missing_ones_out():
    assert highest([1.0, np.nan, 4.0, np.nan], [1, 1, 0, 2]).tolist() == [4.0, 1.0, -np.inf]


def test_a_planted_predictor_raises_its_alarm_at_the_step_at_which_it_was_planted():
    steps = np.arange(0, 200, 20)
    assert first_alarm(steps, np.where(steps >= 120, 1.0, 0.0), 0.5) == 120
    assert first_alarm(steps, np.zeros(10), 0.5) is None
    assert first_alarm([0, 20], [np.nan, 1.0], 0.5) == 20
