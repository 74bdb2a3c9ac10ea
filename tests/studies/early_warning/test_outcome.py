"""When the accuracy moved and when the run grokked, from metrics made by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from mechgrok.studies.early_warning.outcome import Outcome


def outcome(accuracies: list[float]) -> Outcome:
    test = pd.DataFrame({"step": range(0, 20 * len(accuracies), 20), "split": "test", "accuracy": accuracies})
    train = test.assign(split="train", accuracy=1.0)
    run = SimpleNamespace(metrics=pd.concat([train, test]), task=SimpleNamespace(numbers=10))
    return Outcome.of(run)


def test_a_run_moves_a_tenth_above_chance_and_groks_at_three_readings_in_a_row():
    found = outcome([0.1, 0.19, 0.21, 0.95, 0.5, 0.9, 1.0, 0.95])
    assert found == Outcome(moved=40, grokked=100, last=140, best=1.0)


def test_a_run_that_learns_in_part_moves_and_does_not_grok():
    assert outcome([0.1, 0.3, 0.6]) == Outcome(moved=20, grokked=None, last=40, best=0.6)
    assert outcome([0.1, 0.1]) == Outcome(moved=None, grokked=None, last=20, best=0.1)


@pytest.mark.parametrize(("step", "within"), [(60, False), (80, True), (180, True), (200, False)])
def test_grokking_within_a_horizon_of_120_steps(step, within):
    assert Outcome(moved=150, grokked=200, last=300, best=1.0).groks_within(step, 120) is within


def test_the_end_of_a_run_leaves_the_last_horizon_open():
    quiet = Outcome(moved=None, grokked=None, last=300, best=0.1)
    assert quiet.groks_within(180, 120) is False
    assert quiet.groks_within(181, 120) is None
