"""Figures of the measures of training curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_curves import looked_at, run_with, steplike

from mechgrok.measures.grokking.delay_area import DelayArea
from mechgrok.measures.grokking.grok_times import GrokTimes
from mechgrok.measures.grokking.post_grok_stability import PostGrokStability
from mechgrok.measures.grokking.slingshots import Slingshots


@pytest.mark.parametrize("measure", [GrokTimes(), PostGrokStability(), DelayArea(), Slingshots()])
def test_its_figure_shows_the_curves(tmp_path: Path, measure: Any) -> None:
    """Long curves are thinned, but what makes them is there."""
    steps = range(20_000)
    loss = steplike(steps, 300, 4.0, 1e-6) | {15_000: 0.9}
    run = run_with(tmp_path / "R", {"train": steplike(steps, 200), "test": steplike(steps, 9000)}, {"train": loss, "test": loss})
    figure = looked_at(run, measure).figure()
    assert figure.data
    assert sum(len(trace.x) for trace in figure.data) < 20_000
    if isinstance(measure, Slingshots):
        assert 0.9 in figure.data[0].y
    if isinstance(measure, GrokTimes):
        flags = {shape.label.text for shape in figure.layout.shapes if shape.label.text}
        assert flags >= {"memorised", "generalised"}
        assert [max(trace.y) for trace in figure.data] == [1, 1, 4, 4], "accuracies, then losses"
