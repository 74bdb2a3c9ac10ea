"""The study of aliases that questions leave open: its commands can be given, its questions are what it says, its numbers are there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mechgrok.analysis import analysis
from mechgrok.cli.arguments.study_plan import command, planned_config
from mechgrok.engine import registry
from mechgrok.tasks.alias_tables.alias_sets import SETS

STUDY = analysis("krasheninnikov2023").study
assert STUDY is not None
TRIALS = {trial.name: trial for trial in STUDY.trials}
CHILDREN = [name for name in TRIALS if name != "residue.parent"]


def planned(name: str, seed: int):
    return planned_config(command(TRIALS[name], seed, Path("x")))


@pytest.mark.parametrize("name", TRIALS)
@pytest.mark.long
def test_seeds_are_ten_and_none_is_of_the_search(name: str) -> None:
    assert len(set(STUDY.seeds)) >= 10
    assert not {0, 1, 2} & set(STUDY.seeds)
    made = [planned(name, seed) for seed in STUDY.seeds]
    for values in ([each.model.seed for each in made], [each.training.seed for each in made]):
        assert len(set(values)) == len(made)
    assert name == "residue.parent" or len({each.task.design_seed for each in made}) == len(made)


@pytest.mark.parametrize("name", [name for name in CHILDREN if name != "residue.identifying"])
def test_trained_questions_leave_integers_open_that_answer_held_out_ones_otherwise(name: str) -> None:
    """By listing all integers that give the same remainders. Five in six of the questions that are held out are left open by the others."""
    task = planned(name, STUDY.seeds[0]).task
    asked = [number for number, part in enumerate(task.part_names) if part in SETS and SETS[part].asked]
    rows = np.isin(task.part_of_row(), asked)
    undecided = []
    for integer in set(task.integer_of_row()[rows].tolist()):
        own = rows & (task.integer_of_row() == integer)
        known, held_out = (task.operands()[own & side, 1] for side in (task.trained_rows(), ~task.trained_rows()))
        assert (len(known), len(held_out)) == (2, 6)
        fitting = [n for n in range(task.p) if all(n % b == integer % b for b in known)]
        assert len(fitting) > 1
        undecided += [len({n % b for n in fitting}) > 1 for b in held_out]
    assert np.mean(undecided) > 5 / 6


def test_only_the_body_is_frozen_and_parents_come_first() -> None:
    assert STUDY.trials[0].name == "residue.parent"
    for name in CHILDREN:
        words = command(TRIALS[name], 10, Path("x"))
        assert words[words.index("--from") + 1] == "x/residue.parent-s10"
        assert planned(name, 10).start.freeze == (() if name == "residue.body free" else ("body",))


@pytest.mark.long
def test_comparisons_name_trials_and_sets_that_there_are() -> None:
    numbers = [number for claim in STUDY.claims for number in (claim.value, claim.control)]
    for number in numbers + [number for pair in STUDY.paired for number in (pair.value, pair.less)]:
        registry.parse(number.measure)
        what, _, name = number.key.rpartition("_")
        if what == "accuracy" and number.trial != "residue.parent":
            assert name in planned(number.trial, 10).task.sets
