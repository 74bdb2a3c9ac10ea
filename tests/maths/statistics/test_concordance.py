"""AUROC over pairs of runs: against scikit-learn, the binormal closed form, and simulations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from mechgrok.maths.statistics.concordance import Pairs, interval, pairs, resamples


def test_one_reading_a_run_is_the_auroc_of_scikit_learn():
    generator = np.random.default_rng(0)
    scores, positive = generator.integers(0, 9, 80).astype(float), generator.random(80) < 0.4
    assert pairs(scores, positive, np.arange(80)).auroc == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


def test_strata_are_weighted_by_their_pairs():
    generator = np.random.default_rng(1)
    scores, positive, strata = generator.normal(size=90), generator.random(90) < 0.4, generator.integers(0, 3, 90)
    each = [(positive[strata == s], scores[strata == s]) for s in range(3)]
    counts = [yes.sum() * (~yes).sum() for yes, _ in each]
    expected = np.average([roc_auc_score(*one) for one in each], weights=counts)
    assert pairs(scores, positive, np.arange(90), strata).auroc == pytest.approx(expected, abs=1e-12)


def test_readings_of_one_run_are_not_compared():
    found = pairs([1.0, 2.0, 5.0], [True, False, False], [0, 0, 1])
    assert found.counted.tolist() == [[0, 1], [0, 0]]
    assert found.auroc == 0


def test_a_missing_score_is_below_all_others_and_two_of_them_are_equal():
    assert pairs([np.nan, 1.0], [True, False], [0, 1]).auroc == 0
    assert pairs([np.nan, -np.inf], [True, False], [0, 1]).auroc == 0.5


def test_without_pairs_there_is_no_area():
    assert np.isnan(pairs([1.0, 2.0], [True, True], [0, 1]).auroc)
    assert np.isnan(pairs([1.0, 2.0], [True, False], [0, 1], strata=[0, 1]).auroc)


@pytest.mark.parametrize("shift", [0.0, 0.7, 1.5])
def test_two_normal_scores_have_the_area_of_the_closed_form(shift):
    generator = np.random.default_rng(2)
    scores = np.concatenate([generator.normal(shift, 1, 2000), generator.normal(0, 1, 2000)])
    positive = np.arange(4000) < 2000
    found = pairs(scores, positive, positive).auroc
    # The standard error of the area is below sqrt(1 / 12 * (1 / 2000 + 1 / 2000)) = .0091.
    assert found == pytest.approx(norm.cdf(shift / np.sqrt(2)), abs=3 * 0.0091)


def test_an_offset_of_a_stratum_changes_nothing_within_strata_and_all_across_them():
    generator = np.random.default_rng(3)
    strata, positive = np.repeat([0, 1], 50), np.concatenate([np.arange(50) < 40, np.arange(50) < 10])
    noise = generator.normal(size=100)
    apart = pairs(noise + 10 * (1 - strata), positive, np.arange(100))
    within = [pairs(noise + offset * (1 - strata), positive, np.arange(100), strata).auroc for offset in (0, 10)]
    assert within[0] == pytest.approx(within[1])
    assert abs(within[0] - 0.5) < 0.2
    assert apart.auroc > 0.7


def test_a_resample_is_the_area_of_its_copies():
    generator = np.random.default_rng(4)
    scores, positive, runs = generator.normal(size=30), generator.random(30) < 0.5, np.repeat(np.arange(6), 5)
    drawn = [0, 0, 2, 3, 5, 5]
    copies = [(scores[runs == run], positive[runs == run], np.full(5, run)) for run in drawn]
    own, yes, of = (np.concatenate(each) for each in zip(*copies, strict=True))
    times = np.bincount(drawn, minlength=6).astype(float)[None]
    assert pairs(scores, positive, runs).resampled(times)[0] == pytest.approx(pairs(own, yes, of).auroc)


def test_resamples_keep_the_number_of_runs_of_each_group():
    groups = np.array([1, 0, 1, 1, 0])
    times = resamples(groups, 200, 0)
    assert (times[:, groups == 1].sum(1) == 3).all()
    assert (times[:, groups == 0].sum(1) == 2).all()
    assert times.mean(0) == pytest.approx(np.ones(5), abs=0.15)


def test_the_interval_covers_the_true_area_of_runs_with_several_readings():
    true, generator, covered = norm.cdf(1 / np.sqrt(2)), np.random.default_rng(5), 0
    runs, positive = np.repeat(np.arange(40), 4), np.repeat(np.arange(40) < 20, 4)
    for trial in range(200):
        # Readings of a run are alike: most of the variance, .8 of 1, is between runs.
        scores = generator.normal(0, np.sqrt(0.8), 40)[runs] + generator.normal(0, np.sqrt(0.2), 160) + positive
        low, high = interval(pairs(scores, positive, runs).resampled(resamples(np.arange(40) < 20, 200, trial)))
        covered += low <= true <= high
    # Percentile intervals of 20 runs a group cover a little less than they state; two readings a run as if independent would cover 70 %.
    assert 0.88 <= covered / 200 <= 0.99


def test_an_interval_leaves_draws_without_pairs_out():
    assert interval([np.nan, 1.0, 1.0]) == (1.0, 1.0)
    assert np.isnan(interval([np.nan])).all()
    assert np.isnan(Pairs(np.zeros((2, 2)), np.zeros((2, 2))).resampled(np.ones((1, 2)))[0])
