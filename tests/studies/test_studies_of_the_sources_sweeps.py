"""The sweeps of the sources as studies: their claims are about runs that they make, and their commands can be given."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from mechgrok.analysis import Claim, Difference, Pace, Reached, Share, Study, analysis
from mechgrok.cli.arguments.study_plan import command, planned_config
from mechgrok.engine import registry

SIGNS = ("xu2026", "ildr2026", "truong2026", "sivasankar2026", "miscope2026", "mccracken2025")
"""Studies whose runs are made once, in one folder."""
PHASES = ("varma2023", "liu2022")
SOURCES = ("devon2024_grid", "miml2025", "furuta2024_shares", "inglis2023", "gromov2023", "zhong2023", "chughtai2023", "power2022")
NAMES = (*SOURCES, *SIGNS, *PHASES)


def study(name: str) -> Study:
    found = analysis(name).study
    assert found is not None
    return found


def events(claim: Claim) -> list[Reached]:
    """The events that a claim is about."""
    compared = [side for side in (claim.value, claim.control) if isinstance(side, Difference)]
    return [each for side in compared for each in (side.value, side.less) if isinstance(each, Reached)]


def named(claim: Claim) -> Iterator[str]:
    """The trials and thresholds that a claim is about."""
    yield from (number.trial for number in claim.numbers)
    yield from (event.trial for event in events(claim))
    for number in (claim.value, claim.control):
        if isinstance(number, Pace):
            yield from (number.trial, number.than)
        if isinstance(number, Share):
            yield from (number.threshold, number.than)


@pytest.mark.parametrize("name", [*NAMES, "nanda2023"])
def test_claims_name_runs_and_numbers_that_there_are(name: str) -> None:
    asked = study(name)
    known = {each.name for each in (*asked.trials, *asked.thresholds)}
    assert {run for claim in asked.claims for run in named(claim)} <= known
    assert all(claim.value != claim.control for claim in asked.claims)
    for claim in asked.claims:
        assert all(registry.parse(number.measure).label == number.measure for number in (*claim.numbers, *events(claim)))
        assert {registry.parse(event.measure).cost for event in events(claim)} <= {"cheap"}, "others are not computed at every checkpoint"


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


def test_studies_that_share_a_folder_have_one_command_for_a_name() -> None:
    commands = {(trial.name, trial.command) for name in SIGNS for trial in study(name).trials}
    assert len({name for name, _ in commands}) == len(commands) == 4


def test_a_run_that_ungroks_has_a_part_of_the_rows_on_which_its_parent_grokked() -> None:
    trials = {trial.name: planned_config(command(trial, 1, Path("x"))) for trial in study("varma2023").trials}
    rows = {name: config.split.train_rows(config.task) for name, config in trials.items()}
    assert (rows["to 80 %"] == rows["grokked"]).all()
    parts = [rows[f"to {percent} %"] for percent in (10, 20, 40, 60, 80)]
    assert all((part <= more).all() and part.sum() < more.sum() for part, more in pairwise(parts))
    assert (rows["to 10 %, decay 4"] == rows["10 % from scratch"]).all()


def test_the_shares_are_those_of_the_paper_and_the_child_draws_other_weights_than_its_parent() -> None:
    asked = study("furuta2024_shares")
    assert {each.shares for each in asked.thresholds} == {(0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)}
    assert all("--model.seed 1{seed}" in each.command for each in asked.thresholds)
    assert "--model.seed {seed}" in asked.trials[0].command
