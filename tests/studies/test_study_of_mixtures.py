"""Mixtures in a study: each task in a row of its own, with its own time; what is asked of a task is asked of its rows."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import pandas as pd
import pytest
from made_runs import make_run

from mechgrok.analysis import Claim, Number, Pace, Study, Trial, analysis
from mechgrok.cli.arguments.study_plan import command, planned_config
from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.runs.by_task import by_task
from mechgrok.runs.run import Run, open_run
from mechgrok.studies import figures, table
from mechgrok.studies.trained import Trained
from mechgrok.tasks.mixture import Mixture

BOTH = {"a+b": "add", "ab": "multiply"}
REACHED = {
    "a+b.alone": {"test": 2},
    "ab.alone": {"test": 6},
    "mixture.both": {"test": 8, "test-add": 4, "test-multiply": 8},
}
"""The evaluation, one every 10 steps, from which on a split has all rows right."""
TRIALS = (Trial("a+b", "alone", ""), Trial("ab", "alone", ""), Trial("mixture", "both", "", tasks=BOTH))
DENSITY = Number("mixture.both", "fourier-density(basis=additive)", "W_E_density")
STUDY = Study("", TRIALS, (0,), (Claim("", "", DENSITY, DENSITY),), {"a+b.alone": 0.3})


def recorded(folder: Path, reached: dict[str, int]) -> Run:
    folder.mkdir()
    rows = [(10 * i, split, 0.0, 1.0 if i >= first else 0.1) for i in range(12) for split, first in reached.items()]
    pd.DataFrame(rows, columns=["step", "split", "loss", "accuracy"]).to_csv(folder / "metrics.csv", index=False)
    return Run(folder)


class WithCurves(Trained):
    """Runs with given curves."""

    @cached_property
    def runs(self) -> dict[tuple[str, int], Run]:
        return {(name, 0): recorded(self.out / name, reached) for name, reached in REACHED.items()}


def test_a_task_of_a_mixture_stands_in_its_row_with_its_own_time(tmp_path: Path) -> None:
    rows = table.rows(WithCurves(STUDY, tmp_path))
    steps = {(row, column): cell.times[0].step for row, cells in rows.items() for column, cell in cells.items()}
    assert steps == {("a+b", "alone"): 20, ("a+b", "both"): 40, ("ab", "alone"): 60, ("ab", "both"): 80}
    assert rows["a+b"]["alone"].threshold == "0.3"


def test_a_pace_counts_the_rows_of_the_task_that_is_named(tmp_path: Path) -> None:
    trained = WithCurves(STUDY, tmp_path)
    assert trained.value(Pace("mixture.both", "a+b.alone", task="add"), 0) == (2.0, 2.0)
    assert trained.value(Pace("mixture.both", "ab.alone", task="multiply"), 0) == pytest.approx((80 / 60, 80 / 60))
    assert trained.value(Pace("mixture.both", "ab.alone"), 0) == pytest.approx((80 / 60, 80 / 60))


def test_a_start_has_one_colour_in_every_panel(tmp_path: Path) -> None:
    [(_, figure)] = figures.accuracies(WithCurves(STUDY, tmp_path))
    lines = [trace for trace in figure.data if trace.name in ("alone", "both") and trace.line.color]
    assert len({(trace.name, trace.line.color) for trace in lines if trace.mode}) == 2
    assert [note.text for note in figure.layout.annotations if "ab" in note.text or "a+b" in note.text]


def test_a_number_of_a_task_is_that_of_its_rows(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "mixture.both-s0", task=Mixture(p=7)))
    trained = Trained(STUDY, tmp_path)
    trained.__dict__["runs"] = {("mixture.both", 0): run}
    losses = [trained.value(Number("mixture.both", "loss", "test", task=task), 0)[0] for task in ("add", "multiply")]
    whole = analyze(run, ["task-loss"], nulls=0)["task-loss"].headline  # type: ignore[union-attr]
    assert losses == pytest.approx([whole["loss_test_add"], whole["loss_test_multiply"]])
    assert by_task(run)["add"].task.basis == "additive"


FURUTA = analysis("furuta2024_mixtures").study
assert FURUTA is not None
PLANNED = {trial.name: trial for trial in FURUTA.trials}


@pytest.mark.parametrize("name", PLANNED)
@pytest.mark.long
def test_a_trial_s_command_can_be_given_and_its_tasks_are_there(name: str) -> None:
    made = [planned_config(command(PLANNED[name], seed, Path("x"))) for seed in FURUTA.seeds]
    assert len({each.split.seed for each in made}) == len({each.model.seed for each in made}) == len(FURUTA.seeds)
    assert tuple(PLANNED[name].tasks.values()) in ((), getattr(made[0].task, "task_names", ()))


def test_parents_come_first_and_claims_name_what_there_is() -> None:
    for place, trial in enumerate(FURUTA.trials):
        words = command(trial, 2, Path("x"))
        if "--from" in words:
            parent = words[words.index("--from") + 1].removeprefix("x/").removesuffix("-s2")
            assert parent in [before.name for before in FURUTA.trials[:place]]
    for number in (each for claim in FURUTA.claims for each in (claim.value, claim.control)):
        assert number.trial in PLANNED
        assert not number.task or number.task in PLANNED[number.trial].tasks.values()
        if isinstance(number, Number):
            registry.parse(number.measure)
        else:
            assert number.than in PLANNED
