"""The study of Furuta et al.: its commands can be given, its claims are about its trials, its numbers are the paper's."""

from __future__ import annotations

from pathlib import Path

import pytest

from mechgrok.analysis import NEVER, Number, Pace, analysis
from mechgrok.cli.arguments.study_plan import command, planned_config
from mechgrok.engine import registry

STUDY = analysis("furuta2024").study
TRIALS = {trial.name: trial for trial in STUDY.trials}


@pytest.mark.parametrize("name", TRIALS)
@pytest.mark.long
def test_a_trial_s_command_can_be_given(name: str) -> None:
    trial = TRIALS[name]
    made = [planned_config(command(trial, seed, Path("x"))) for seed in STUDY.seeds]
    assert len({each.split.seed for each in made}) == len({each.model.seed for each in made}) == len(STUDY.seeds)
    assert all(each.task.p == 59 for each in made)


@pytest.mark.long
def test_what_is_loaded_comes_from_a_run_with_the_same_rows_and_other_initial_weights() -> None:
    children = [trial for trial in STUDY.trials if trial.command.startswith("finetune")]
    assert len(children) >= 8
    for trial in children:
        words = command(trial, 2, Path("x"))
        parent = words[words.index("--from") + 1].removeprefix("x/").removesuffix("-s2")
        older, younger = planned_config(command(TRIALS[parent], 2, Path("x"))), planned_config(words)
        assert older.split == younger.split
        assert older.model.seed != younger.model.seed
        assert older.model.model_copy(update={"seed": 0}) == younger.model.model_copy(update={"seed": 0})
        assert list(TRIALS).index(parent) < list(TRIALS).index(trial.name)


def test_claims_name_trials_and_numbers_that_there_are() -> None:
    for claim in STUDY.claims:
        for number in (claim.value, claim.control):
            names = [number.trial, *([number.than] if isinstance(number, Pace) else [])]
            assert set(names) <= set(TRIALS)
            if isinstance(number, Number):
                registry.parse(number.measure)
        assert claim.value != claim.control


def test_the_published_thresholds_are_those_of_table_1() -> None:
    """Read off the paper again: addition's PG-E and PG-T, and from scratch; a tick there is .3."""
    tick = 0.3
    table = {"2a+b": (tick, tick, 0.5), "ab+b": (NEVER, tick, 0.5), "(a+b)^2": (tick, tick, tick), "a^2-b": (0.4, tick, 0.4)}
    table["(a+b)^3"] = (tick, NEVER, tick)
    for row, values in table.items():
        assert tuple(STUDY.published[f"{row}.{start}"] for start in ("PG-E", "PG-T", "scratch")) == values
    others = {"ab+b": ("ab", 0.4, tick), "(a+b)^2": ("a-b", tick, 0.9)}
    for row, (parent, *values) in others.items():
        assert [STUDY.published[f"{row}.{start} of {parent}"] for start in ("PG-E", "PG-T")] == values
