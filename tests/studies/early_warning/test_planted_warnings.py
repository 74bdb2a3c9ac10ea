"""The judging on planted numbers: a known lead, noise, and numbers that hold the configuration alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from planted_warnings import FACTS, LEAD, collected

from mechgrok.studies.early_warning import choice
from mechgrok.studies.early_warning.at_risk import SETTING, STEPS, at_risk
from mechgrok.studies.early_warning.judging import COMPARISONS, judge
from mechgrok.studies.early_warning.leads import lead

HORIZON = LEAD + 40
"""A run groks 40 steps after its accuracy moves, so within this horizon exactly where the planted number has risen."""


@pytest.fixture(scope="module")
def noisy():
    return collected(noises=20)


@pytest.fixture(scope="module")
def risk(noisy):
    return at_risk(noisy, FACTS, HORIZON)


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_a_planted_number_has_area_one_in_the_right_direction(risk, comparison):
    by = judge(risk, comparison)
    assert (by.direction("gini: planted x"), by.direction("gini: planted fallen")) == (1.0, -1.0)
    assert by.choosing("gini: planted x", 1.0) == pytest.approx(1, abs=1e-6)
    assert by.judged("gini: planted fallen", -1.0).auroc == pytest.approx(1, abs=1e-6)


def test_the_planted_number_is_chosen_and_better_than_its_rivals(risk):
    numbers = [name for name in choice.candidates(risk) if name != "gini: planted fallen"]
    table = choice.areas(risk, numbers)
    assert set(choice.best(table, numbers).values()) == {"gini: planted x"}
    beside = choice.against(risk, "same step", "gini: planted x").set_index("rival")
    assert (beside.loc[[*choice.TRIVIAL], "low"] > 0.2).all()


def test_noise_has_half_the_area_and_its_interval_says_so(risk):
    names = [name for name in risk.scores if name.startswith("margin: noise")]
    table = choice.areas(risk, names)
    for _, each in table.groupby("comparison"):
        # An interval of 95 % leaves out the half in one of 20 numbers.
        assert ((each["low"] > 0.5) | (each["high"] < 0.5)).sum() <= 4
        assert each["auroc"].mean() == pytest.approx(0.5, abs=0.04)


def test_the_best_of_twenty_noises_is_not_better_than_a_rival(risk):
    names = [name for name in risk.scores if name.startswith("margin: noise")]
    for comparison, number in choice.best(choice.areas(risk, names), names).items():
        beside = choice.against(risk, comparison, number).set_index("rival")
        assert beside.loc["weight-norms: total", "low"] < 0, comparison


def test_a_renamed_network_is_judged_in_the_direction_of_the_number(noisy):
    renamed = noisy.assign(**{"gini: planted x of renamed tokens": -noisy["gini: planted x"]})
    found = at_risk(renamed, FACTS, HORIZON)
    row = choice.areas(found, ["gini: planted x of renamed tokens"], ["same step"]).iloc[0]
    assert (row["direction"], row["auroc_choosing"]) == (1, pytest.approx(0, abs=1e-6))
    null = choice.against(found, "same step", "gini: planted x").iloc[0]
    assert (null["rival"], null["difference"]) == ("gini: planted x of renamed tokens", pytest.approx(1, abs=1e-6))


def test_a_number_of_the_configuration_tells_nothing_within_one(risk):
    assert judge(risk, "same configuration and step").choosing("ranks: setting", 1.0) == 0.5
    assert judge(risk, "same configuration").judged(SETTING, 1.0).auroc == 0.5


def test_the_steps_so_far_tell_nothing_at_equal_steps(risk):
    assert judge(risk, "same step").judged(STEPS, 1.0).auroc == 0.5
    assert judge(risk, "any two checkpoints").judged(STEPS, 1.0).auroc != 0.5


def test_the_configuration_alone_is_the_share_among_the_runs_that_choose():
    table = collected(settings=2, seeds=8)
    table.loc[(table["setting"] == "0") & (table["seed"] % 2 == 1), ["moved", "grokked"]] = pd.NA
    found = at_risk(table, FACTS, HORIZON)
    choosing = found.rows[~found.rows["judged"]]
    expected = choosing.groupby("setting")["positive"].mean()
    assert found.scores[SETTING].groupby(found.rows["setting"]).first().to_numpy() == pytest.approx(expected.to_numpy())
    assert (expected > 0).all()


def test_checkpoints_after_the_move_and_those_of_unknown_end_are_left_out(noisy):
    late = noisy.assign(last=700)
    found = at_risk(late, FACTS, 100).rows
    quiet = late[late["grokked"].isna()]
    assert len(found) == len(late) - (quiet["step"] > 600).sum()
    moved_early = at_risk(noisy.assign(moved=noisy["moved"].where(noisy["moved"].isna(), 100).astype("Int64")), FACTS, 100).rows
    groks = noisy["grokked"].notna()
    assert len(moved_early) == (noisy[groks]["step"] < 100).sum() + (noisy[~groks]["step"] <= 700).sum()


def test_a_missing_number_is_judged_where_it_applies_alone(noisy):
    partly = noisy.assign(**{"gini: planted x": noisy["gini: planted x"].where(noisy["setting"] != "1")})
    found = at_risk(partly, FACTS, HORIZON)
    assert "gini: planted x" not in choice.candidates(found)
    assert judge(found, "same step").judged("gini: planted x", 1.0).auroc == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("number", "direction"), [("gini: planted x", 1.0), ("gini: planted fallen", -1.0)])
def test_the_lead_of_a_planted_number_is_the_planted_one(number, direction):
    found = lead(collected(noise=0.0), number, direction)
    assert (found.lead.value, found.lead.low, found.lead.high) == (LEAD, LEAD, LEAD)
    assert (found.warned, found.false) == (1, 0)


def test_the_alarms_of_a_noisy_number_have_about_the_planted_lead_and_false_ones(noisy):
    """The threshold lies within the noise, which a tenth of the choosing runs that do not grok exceed."""
    found = lead(noisy, "gini: planted x", 1.0)
    assert found.lead.low <= LEAD <= found.lead.high
    assert found.warned == 1
    assert found.false <= 0.35


def test_noise_warns_of_no_more_runs_than_it_alarms_falsely():
    table = collected(noises=20)
    found = [lead(table, f"margin: noise {number}", 1.0) for number in range(20)]
    assert np.mean([each.warned for each in found]) <= np.mean([each.false for each in found]) + 0.05


@pytest.fixture
def mostly_silent():
    """Of the judging runs that grok, with seeds 1, 5, 9 and 13, those with seed 13 alone rise."""
    table = collected(noise=0.0)
    return table.assign(**{"gini: planted x": table["gini: planted x"].where(~table["seed"].isin([1, 5, 9]), 0.0)})


def test_half_of_the_runs_without_alarm_leave_the_lead_open(mostly_silent):
    found = lead(mostly_silent, "gini: planted x", 1.0)
    assert found.warned == 0.25
    assert found.lead.value == -np.inf


def test_a_run_that_is_read_last_long_before_its_move_and_raises_no_alarm_counts_as_unwarned(mostly_silent):
    unread = mostly_silent["seed"].isin([1, 5, 9]) & (mostly_silent["step"] > mostly_silent["moved"] - 2 * LEAD)
    found = lead(mostly_silent[~unread.astype(bool)], "gini: planted x", 1.0)
    assert found.warned == 0.25
    assert found.lead.value == -np.inf


def test_without_a_positive_checkpoint_among_the_choosing_runs_no_area_is_given(noisy):
    judging_alone = noisy[(noisy["seed"] % 2 == 1) | noisy["grokked"].isna()]
    row = choice.areas(at_risk(judging_alone, FACTS, HORIZON), ["gini: planted x"], ["same step"]).iloc[0]
    assert row["direction"] == 0
    assert row[["auroc_choosing", "auroc", "low", "high"]].isna().all()
