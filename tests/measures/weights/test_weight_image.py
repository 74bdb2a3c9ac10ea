"""weight-image on planted networks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from made_runs import make_run
from planted import measured
from planted_tensors import holding

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable
from mechgrok.measures.weights.weight_image import WeightImage
from mechgrok.runs.run import open_run

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestWeightImage:
    def test_matrix_and_vector(self) -> None:
        snapshot = holding({"embed.W_E": torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]]), "blocks.0.mlp.b_in": torch.tensor([7.0, 8.0])})
        found = measured(WeightImage(), snapshot)
        assert found.table.pivot(index="row", columns="column", values="value").to_numpy().tolist() == [[1, 2, 3], [4, 5, -6]]
        assert found.headline == {"shape": [1, 2, 3], "norm": pytest.approx(math.sqrt(91), rel=1e-14), "largest": 6}
        vector = measured(WeightImage(tensor="blocks.0.mlp.b_in"), snapshot).table
        assert vector[["head", "row", "column", "value"]].to_numpy().tolist() == [[0, 0, 0, 7], [0, 0, 1, 8]]

    def test_an_image_a_head(self) -> None:
        tensor = torch.arange(24.0).view(2, 3, 4)
        found = measured(WeightImage(tensor="blocks.0.attn.W_Q"), holding({"blocks.0.attn.W_Q": tensor}))
        assert found.table.set_index(["head", "row", "column"]).loc[(1, 2, 0), "value"] == tensor[1, 2, 0]
        assert found.headline["shape"] == [2, 3, 4]
        images = [trace for trace in found.figure().data if trace.type == "heatmap"]
        assert np.array_equal(images[1].z, tensor[1].numpy())

    def test_a_parameter_that_is_not_there(self, tmp_path: Path) -> None:
        outcome = analyze(open_run(make_run(tmp_path / "run")), ["weight-image(tensor=embed.W_U)"], nulls=0).popitem()[1]
        assert isinstance(outcome, NotApplicable)
        assert "no parameter embed.W_U" in outcome.reason
        assert "did you mean unembed.W_U" in outcome.reason
