"""On a large table, measures of the run do not make an analysis of the last checkpoint one of all checkpoints."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from made_runs import make_run

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.runs import large
from mechgrok.runs.run import Run, open_run

STEPS = tuple(range(0, 120, 10))
ASKED = ["loss", "excluded-loss", "phase-boundaries", "grok-times"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """With curves that were recorded at steps at which there is no checkpoint."""
    path = make_run(tmp_path / "run", p=7, steps=STEPS)
    rows = [(step, split, 1.0, min(1.0, step / 55)) for step in range(0, 120, 5) for split in ("train", "test")]
    pd.DataFrame(rows, columns=["step", "split", "loss", "accuracy"]).to_csv(path / "metrics.csv", index=False)
    return open_run(path)


def test_measures_of_the_run_wait_for_an_analysis_of_all_steps(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "MOST_LOGITS", 0)
    found = analyze(run, ASKED, steps="last", nulls=0)
    assert isinstance(found["phase-boundaries"], NotApplicable)
    assert "excluded-loss" in found["phase-boundaries"].reason
    assert "all 12 checkpoints, on a table of 49 rows; analyze it with --steps all" in found["phase-boundaries"].reason
    assert found["loss"].table["step"].unique().tolist() == [110]
    assert found["grok-times"].headline["memorised"] == 55, "by what was recorded"
    assert isinstance(analyze(run, ASKED, steps="all", nulls=0)["phase-boundaries"], Result)
    assert isinstance(analyze(run, ASKED, steps="last", nulls=0)["phase-boundaries"], Result), "all that it needs is stored"


def test_on_a_small_table_they_do_not(run: Run) -> None:
    found = analyze(run, ASKED, steps="last", nulls=0)
    assert isinstance(found["phase-boundaries"], Result)
    assert found["loss"].table["step"].unique().tolist() == [110]
