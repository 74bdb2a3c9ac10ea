"""The study of aliases: its commands can be given, its numbers are there, the leak is where it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from mechgrok.analysis import analysis
from mechgrok.cli.arguments.study_plan import command, planned_config
from mechgrok.engine import registry

STUDY = analysis("oocl2024").study
assert STUDY is not None
TRIALS = {trial.name: trial for trial in STUDY.trials}


@pytest.mark.parametrize("name", TRIALS)
def test_all_that_is_drawn_changes_with_the_seed(name: str) -> None:
    made = [planned_config(command(TRIALS[name], seed, Path("x"))) for seed in STUDY.seeds]
    assert len(made) >= 5
    for values in zip(*((each.task.design_seed, each.model.seed, each.training.seed) for each in made), strict=True):
        assert len(set(values)) == len(made)
    assert {each.start.load for each in made} == {("all",)}


def test_the_leak_is_the_design_and_held_out_questions() -> None:
    plain, leak = (planned_config(command(TRIALS[f"squares.{name}"], 0, Path("x"))) for name in ("design", "leak"))
    assert plain.model_copy(update={"split": leak.split}) == leak
    more = leak.split.train_rows(leak.task) & ~plain.split.train_rows(plain.task)
    parts = {leak.task.part_names[part] for part in set(leak.task.part_of_row()[more].tolist())}
    assert parts == {"DtQ1", "Dt3"}


def test_claims_and_comparisons_name_trials_and_numbers_that_there_are() -> None:
    numbers = [number for claim in STUDY.claims for number in (claim.value, claim.control)]
    numbers += [number for pair in STUDY.paired for number in (pair.value, pair.less)]
    for number in numbers:
        assert number.trial in TRIALS
        registry.parse(number.measure)
