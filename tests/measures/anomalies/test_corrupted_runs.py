"""Measures of corrupted labels on runs of random networks: a result with its figure, or a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from corrupted import made

from mechgrok.data.corruptions.fixed_rule import FixedRule
from mechgrok.data.corruptions.increment import Increment
from mechgrok.data.corruptions.uniform import Uniform
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.runs.run import open_run


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("rule", [FixedRule(divisor=2), Uniform(fraction=0.5), Increment(fraction=1.0)], ids=lambda rule: rule.kind)
@pytest.mark.long
def test_runs_are_measured_drawn_and_told(rule: object, tmp_path: Path) -> None:
    names = ["trigger-metrics", "anomaly-removal", "anomaly-scores", "anomaly-controls(controls=3)", "ipr-pruning"]
    outcomes = analyze(open_run(made(tmp_path / "run", rule)), names)  # type: ignore[arg-type]
    for found in outcomes.values():
        if isinstance(found, NotApplicable):
            assert "trusted" in found.reason
            continue
        assert isinstance(found, Result), getattr(found, "traceback", "")
        assert set(found.table.columns) == {*found.measure.columns, "step"}
        assert found.figure().data
        assert {key for key, value in found.headline.items() if value is None} == set(found.missing)
