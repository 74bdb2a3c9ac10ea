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
from mechgrok.runs.run import Run, open_run

Curve = Mapping[int, float]
"""From step to value."""


def run_with(
    folder: Path,
    accuracy: Mapping[str, Curve] | None = None,
    loss: Mapping[str, Curve] | None = None,
    *,
    p: int = 7,
    batch: int | None = None,
) -> Run:
    """A run that recorded these accuracies and losses by split; `batch` rows a step, by default all."""
    make_run(folder, p=p, steps=(0,))
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
