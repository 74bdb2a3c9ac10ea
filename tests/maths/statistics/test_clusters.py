"""Errors of means over clustered rows, against the two cases that are known: nothing shared, everything shared."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mechgrok.maths.statistics.clusters import clustered_error

VALUES = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0])


def test_alone_it_is_the_standard_error_of_a_mean() -> None:
    assert clustered_error(VALUES, np.arange(7)) == pytest.approx(VALUES.std(ddof=1) / math.sqrt(7), rel=1e-12)


def test_copies_say_nothing_new() -> None:
    """Every row three times over, as one cluster: the error of the rows themselves, not one smaller by sqrt 3."""
    copied, clusters = np.repeat(VALUES, 3), np.repeat(np.arange(7), 3)
    assert clustered_error(copied, clusters) == pytest.approx(clustered_error(VALUES, np.arange(7)), rel=1e-12)
    assert clustered_error(copied, np.arange(21)) < 0.6 * clustered_error(copied, clusters)


def test_it_is_the_spread_of_means_over_drawn_clusters() -> None:
    """4000 samples of 40 clusters of five rows that share half their variance: 1 / 200 + 4 / 200 * .5 = .015."""
    draw = np.random.default_rng(0)
    shared, own = draw.standard_normal((4000, 40, 1)), draw.standard_normal((4000, 40, 5))
    values = (math.sqrt(0.5) * (shared + own)).reshape(4000, 200)
    clusters = np.repeat(np.arange(40), 5)
    errors = np.array([clustered_error(each, clusters) ** 2 for each in values[:400]])
    assert values.mean(1).var() == pytest.approx(0.015, rel=5 * math.sqrt(2 / 4000))
    assert errors.mean() == pytest.approx(0.015, abs=5 * errors.std() / 20)


def test_one_cluster_has_no_error() -> None:
    assert math.isnan(clustered_error(VALUES, np.zeros(7)))
