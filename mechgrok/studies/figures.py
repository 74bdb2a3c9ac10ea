"""Figures of a study: differences, the numbers of its claims over training, and test accuracy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
import plotly.graph_objects as go

from mechgrok.analysis import Trial
from mechgrok.plots.primitives import intervals, panels, trajectory_bands
from mechgrok.studies import table
from mechgrok.studies.paired import Row
from mechgrok.studies.trained import Trained

CHECKPOINTS = 3
"""The fewest checkpoints that are drawn as a curve."""


def differences(rows: Sequence[Row]) -> Iterator[tuple[str, go.Figure]]:
    """The paired differences that were tested, one below the other."""
    found = [(row.text, row.tested.mean, row.tested.low, row.tested.high, row.known) for row in rows if row.tested]
    if found:
        table = pd.DataFrame(found, columns=["text", "mean", "low", "high", "known"])
        words = "difference: by seed (grey), mean and 95 % interval"
        yield "all differences", intervals(table, name="text", mean="mean", low="low", high="high", singles="known", x_title=words)


def courses(trained: Trained) -> Iterator[tuple[str, go.Figure]]:
    """The numbers of each measure that a claim uses, over training: mean, minimum and maximum over seeds."""
    numbers = [number for claim in trained.study.claims for number in claim.numbers]
    for measure in dict.fromkeys(number.measure for number in numbers):
        keys = list(dict.fromkeys(number.key for number in numbers if number.measure == measure))
        asked = dict.fromkeys((number.trial, number.task) for number in numbers if number.measure == measure)
        ordered = [each for trial in trained.study.trials for each in asked if each[0] == trial.name]
        found = _courses(trained, measure, ordered, keys)
        if not found.empty and found["step"].nunique() >= CHECKPOINTS:
            yield measure, panels([_course(found[found["key"] == key], key) for key in keys], titles=keys)


def _courses(trained: Trained, measure: str, trials: list[tuple[str, str]], keys: list[str]) -> pd.DataFrame:
    """Columns trial, key, step, value, for each seed of the named trials and tasks."""
    found = []
    for trial, task, seed in (
        (trial, task, seed) for trial, task in trials for seed in trained.study.seeds if (trial, seed) in trained.runs
    ):
        history = trained.history(trial, seed, measure, task)
        if isinstance(history, pd.DataFrame):
            numbers = history.reindex(columns=keys).apply(pd.to_numeric, errors="coerce").reset_index().melt("step", var_name="key")
            found.append(numbers.assign(trial=f"{trial}, {task}" if task else trial))
    return pd.concat(found) if found else pd.DataFrame()


def _course(courses: pd.DataFrame, key: str) -> go.Figure:
    over_seeds = courses.groupby(["trial", "step"], sort=False)["value"].agg(["mean", "min", "max"]).reset_index()
    return trajectory_bands(over_seeds, x="step", y="mean", low="min", high="max", color="trial", x_title="step", y_title=key)


def accuracies(trained: Trained) -> Iterator[tuple[str, go.Figure]]:
    """Test accuracy over training, a panel for each row of the table and a line for each start, the same colour in all of them."""
    plotted = {}
    for row in table.rows(trained):
        trials = {trial.name: trial for trial in trained.study.trials if row in table.in_rows(trial)}
        tables = [_test(trained, trials[name], row, seed) for name, seed in trained.runs if name in trials]
        if tables:
            plotted[row] = _accuracy(pd.concat(tables), table.columns(trained.study))
    yield "by task and start", panels(list(plotted.values()), titles=list(plotted), columns=3)


def _test(trained: Trained, trial: Trial, row: str, seed: int) -> pd.DataFrame:
    metrics, task = trained.runs[trial.name, seed].metrics, table.in_rows(trial)[row]
    return metrics[metrics["split"] == (f"test-{task}" if task else "test")].assign(seed=seed, start=trial.column)


def _accuracy(tests: pd.DataFrame, starts: list[str]) -> go.Figure:
    """A line for each start, in their order; a run that stopped keeps its last accuracy, so that the mean does not jump where one ends."""
    wide = tests.pivot_table(index="step", columns=["start", "seed"], values="accuracy").ffill()
    seeds = wide.columns.get_level_values("seed").unique()
    wide = wide.reindex(columns=pd.MultiIndex.from_product([starts, seeds], names=["start", "seed"]))
    long = wide.melt(ignore_index=False, value_name="accuracy").reset_index()
    over_seeds = long.groupby(["start", "step"], sort=False)["accuracy"].agg(["mean", "min", "max"]).reset_index()
    known = over_seeds[over_seeds["step"] > 0]
    return trajectory_bands(
        known, x="step", y="mean", low="min", high="max", color="start", log_x=True, x_title="step", y_title="test accuracy"
    )
