"""The sweeps of the sources as studies: their claims are about runs that they make, and their commands can be given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mechgrok.analysis import Claim, Number, Pace, Share, Study, analysis
from mechgrok.cli.arguments.study_plan import command, planned_config
from mechgrok.engine import registry

NAMES = ("devon2024_grid", "miml2025", "furuta2024_shares", "inglis2023", "gromov2023", "zhong2023", "chughtai2023", "power2022")


def study(name: str) -> Study:
    found = analysis(name).study
    assert found is not None
    return found


def named(claim: Claim) -> Iterator[str]:
    """The trials and thresholds that a claim is about."""
    for number in (claim.value, claim.control):
        yield number.threshold if isinstance(number, Share) else number.trial
        if isinstance(number, Pace | Share):
            yield number.than


@pytest.mark.parametrize("name", [*NAMES, "nanda2023"])
def test_claims_name_runs_and_numbers_that_there_are(name: str) -> None:
    asked = study(name)
    known = {each.name for each in (*asked.trials, *asked.thresholds)}
    assert {run for claim in asked.claims for run in named(claim)} <= known
    assert all(claim.value != claim.control for claim in asked.claims)
    for claim in asked.claims:
        for number in (claim.value, claim.control):
            if isinstance(number, Number):
                assert registry.parse(number.measure).label == number.measure


@pytest.mark.parametrize("name", [*NAMES, "nanda2023"])
def test_no_two_runs_of_a_study_are_the_same(name: str) -> None:
    commands = [each.command for each in (*study(name).trials, *study(name).thresholds)]
    assert len(commands) == len(set(commands))


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_command_can_be_given_and_a_seed_changes_rows_and_weights(name: str) -> None:
    asked = study(name)
    for trial in (*asked.trials, *(each.at(each.shares[0]) for each in asked.thresholds)):
        one, other = (planned_config(command(trial, seed, Path("x"))) for seed in (0, 1))
        assert one.split.seed != other.split.seed
        assert one.model.seed != other.model.seed
        assert one.split.fraction < 1


def test_the_shares_are_those_of_the_paper_and_the_child_draws_other_weights_than_its_parent() -> None:
    asked = study("furuta2024_shares")
    assert {each.shares for each in asked.thresholds} == {(0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)}
    assert all("--model.seed 1{seed}" in each.command for each in asked.thresholds)
    assert "--model.seed {seed}" in asked.trials[0].command
