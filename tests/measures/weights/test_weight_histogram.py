"""weight-histogram on planted networks."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from made_runs import make_run
from planted import measured
from planted_tensors import holding

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.measures.weights.weight_histogram import WeightHistogram
from mechgrok.runs.run import open_run

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestWeightHistogram:
    def test_by_hand(self) -> None:
        found = measured(WeightHistogram(bins=4), holding({"a": torch.tensor([0.0, 0.9, 1.0, 2.5, 4.0]), "b": torch.zeros(2, 3)}))
        rows = found.table[found.table["parameter"] == "a"]
        assert rows[["low", "high", "count"]].to_numpy().tolist() == [[0, 1, 2], [1, 2, 1], [2, 3, 1], [3, 4, 1]]
        assert found.headline["entries"] == 11
        assert found.headline["range_by_parameter"] == {"a": [0, 4], "b": [0, 0]}

    def test_the_figure_has_the_largest(self, tmp_path: Path) -> None:
        outcome = analyze(open_run(make_run(tmp_path / "run")), ["weight-histogram"], nulls=0)["weight-histogram"]
        assert isinstance(outcome, Result)
        shown = {annotation.text.partition("</b>")[2].strip() for annotation in outcome.figure().layout.annotations}
        assert {"embed.W_E", "unembed.W_U", "blocks.0.attn.W_O"} <= shown
