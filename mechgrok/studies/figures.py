"""Figures of a study: what the claims are about over training, for every trial."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import plotly.graph_objects as go

from mechgrok.analysis import Number
from mechgrok.plots.primitives import panels, trajectory_bands
from mechgrok.studies.trained import Trained

CHECKPOINTS = 3
"""A measure that looks at fewer checkpoints has no course to draw."""


def courses(trained: Trained) -> Iterator[tuple[str, go.Figure]]:
    """For each measure that claims quote, its numbers over training: the mean over seeds within their least and largest."""
    numbers = [number for claim in trained.study.claims for number in (claim.value, claim.control) if isinstance(number, Number)]
    for measure in dict.fromkeys(number.measure for number in numbers):
        keys = list(dict.fromkeys(number.key for number in numbers if number.measure == measure))
        table = _courses(trained, measure, list(dict.fromkeys(number.trial for number in numbers if number.measure == measure)), keys)
        if not table.empty and table["step"].nunique() >= CHECKPOINTS:
            yield measure, panels([_course(table[table["key"] == key], key) for key in keys], titles=keys)


def _courses(trained: Trained, measure: str, trials: list[str], keys: list[str]) -> pd.DataFrame:
    """Columns trial, key, step, value, one row for each seed."""
    found = []
    for trial, seed in trained.runs:
        history = trained.history(trial, seed, measure) if trial in trials else ""
        if isinstance(history, pd.DataFrame):
            found.append(history[keys].apply(pd.to_numeric, errors="coerce").reset_index().melt("step", var_name="key").assign(trial=trial))
    return pd.concat(found) if found else pd.DataFrame()


def _course(table: pd.DataFrame, key: str) -> go.Figure:
    over_seeds = table.groupby(["trial", "step"], sort=False)["value"].agg(["mean", "min", "max"]).reset_index()
    return trajectory_bands(over_seeds, x="step", y="mean", low="min", high="max", color="trial", x_title="step", y_title=key)


def accuracies(trained: Trained) -> Iterator[tuple[str, go.Figure]]:
    """Test accuracy of every row of the table over training, a line for each start and seed."""
    for row in dict.fromkeys(trial.row for trial in trained.study.trials):
        trials = {trial.name: trial.column for trial in trained.study.trials if trial.row == row}
        tables = [_test(trained, *key).assign(start=trials[key[0]]) for key in trained.runs if key[0] in trials]
        if tables:
            yield row, _accuracy(pd.concat(tables), list(trials.values()))


def _test(trained: Trained, trial: str, seed: int) -> pd.DataFrame:
    metrics = trained.runs[trial, seed].metrics
    return metrics[metrics["split"] == "test"].assign(seed=seed)


def _accuracy(table: pd.DataFrame, starts: list[str]) -> go.Figure:
    """A line for each start, in their order; a run that stopped keeps its last accuracy, so that the mean does not jump where one ends."""
    wide = table.pivot_table(index="step", columns=["start", "seed"], values="accuracy").ffill()
    wide = wide[[start for start in starts if start in set(table["start"])]]
    long = wide.melt(ignore_index=False, value_name="accuracy").reset_index()
    over_seeds = long.groupby(["start", "step"], sort=False)["accuracy"].agg(["mean", "min", "max"]).reset_index()
    known = over_seeds[over_seeds["step"] > 0]
    return trajectory_bands(
        known, x="step", y="mean", low="min", high="max", color="start", log_x=True, x_title="step", y_title="test accuracy"
    )
