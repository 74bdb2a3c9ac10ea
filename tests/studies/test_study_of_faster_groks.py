"""The studies of recipes: one budget for all, fresh seeds for the chosen places, and the places that the tuning found."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest

from mechgrok.analysis import Study, analysis

TABLES = Path(__file__).resolve().parents[2] / "docs" / "tables"


def study(name: str) -> Study:
    found = analysis(name).study
    assert found is not None
    return found


def places(name: str) -> dict[str, list[str]]:
    """The flags of rate and decay that each recipe is trained at."""
    found = defaultdict(list)
    for trial in study(name).trials:
        found[trial.column].append(" ".join(re.findall(r"--optimizer\.(?:lr|weight_decay) \S+", trial.command)))
    return dict(found)


def test_every_recipe_is_tuned_at_the_same_places() -> None:
    """Muon, whose steps are expensive, at two of them."""
    tuned = places("faster_groks_tuning")
    muon = tuned.pop("Muon")
    assert len(tuned) == 5
    [shared] = {tuple(each) for each in tuned.values()}
    assert len(muon) == 2
    assert set(muon) < set(shared)


def test_the_compared_runs_have_seeds_that_were_not_tuned_on() -> None:
    tuned = set(study("faster_groks_tuning").seeds)
    assert not tuned & set(study("faster_groks").seeds)


def test_each_recipe_is_compared_at_its_best_place() -> None:
    """Of the places without a collapse in the committed table of the tuning, that with the fewest steps, then the best accuracy."""
    table = pd.read_csv(TABLES / "faster_groks_tuning.csv")
    compared = places("faster_groks")
    for recipe, runs in table[table["recipe"] != "Muon"].groupby("recipe"):
        best = min(runs.groupby("setting", sort=False), key=lambda group: order(group[1]))[0]
        rate, decay = best.removeprefix("rate ").split(", decay ")
        assert f"--optimizer.lr {rate} --optimizer.weight_decay {decay}" in compared[str(recipe)], recipe


def order(runs: pd.DataFrame) -> tuple[bool, float, float]:
    steps = runs["grokked"].fillna(runs["last_step"]).sum()
    return bool(runs["collapses"].fillna(0).any()), float(steps), -float(runs["best_test_accuracy"].sum())


@pytest.mark.parametrize("name", ["faster_groks_tuning", "faster_groks", "faster_groks_113"])
def test_a_row_of_the_committed_table_is_a_run_of_the_study(name: str) -> None:
    table = pd.read_csv(TABLES / f"{name}.csv")
    planned = {(trial.row, trial.column, seed) for trial in study(name).trials for seed in study(name).seeds}
    assert {*zip(table["setting"], table["recipe"], table["seed"], strict=True)} <= planned
