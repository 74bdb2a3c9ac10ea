"""Run folders with curves that are simply said, and one random checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from made_runs import make_run

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.measures.base.measure import Measure
from mechgrok.measures.grokking.grok_times import GrokTimes
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.task import Task

Curve = Mapping[int, float]
"""From step to value."""
EVERY_20 = range(0, 2001, 20)
LIGHTNING = {"train": "train_accuracy", "test": "val_accuracy"}
"""Columns of the published training log of miml2025."""
EVERY_100 = range(0, 10_001, 100)


def run_with(
    folder: Path,
    accuracy: Mapping[str, Curve] | None = None,
    loss: Mapping[str, Curve] | None = None,
    *,
    p: int = 7,
    batch: int | None = None,
    task: Task | None = None,
    train: float | None = 0.4,
) -> Run:
    """A run that recorded these accuracies and losses by split; `batch` rows a step, by default all."""
    make_run(folder, p=p, steps=(0,), task=task, train=train)
    named = [("accuracy", split, curve) for split, curve in (accuracy or {}).items()]
    named += [("loss", split, curve) for split, curve in (loss or {}).items()]
    long = [(step, split, quantity, value) for quantity, split, curve in named for step, value in curve.items()]
    table = pd.DataFrame(long, columns=["step", "split", "quantity", "value"])
    wide = table.pivot(index=["step", "split"], columns="quantity", values="value").reindex(columns=["loss", "accuracy"])
    wide.reset_index().to_csv(folder / "metrics.csv", index=False)
    if batch:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"training": {"batch": batch}}))
    return open_run(folder)


def looked_at(run: Run, measure: Measure) -> Result:
    """The measure's result on the run."""
    outcome = analyze(run, [measure], nulls=0)[measure.label]
    assert isinstance(outcome, Result), outcome
    return outcome


def steplike(steps: range, at: int, low: float = 0.0, high: float = 1.0) -> dict[int, float]:
    """`low` before a step and `high` from it on."""
    return {step: high if step >= at else low for step in steps}


def grokking(memorised: int = 100, generalised: int = 1200) -> dict[str, dict[int, float]]:
    return {"train": steplike(EVERY_20, memorised), "test": steplike(EVERY_20, generalised)}


def loss_times(run: Run, threshold: float, holds: int = 1) -> dict[str, float]:
    """Step at which each split's loss is below a threshold."""
    table = looked_at(run, GrokTimes(loss_threshold=threshold)).table
    rows = table[(table["criterion"] == f"loss {threshold:g}") & (table["holds"] == holds)]
    return dict(zip(rows["split"], rows["step"], strict=True))
