"""distance-irrelevance on planted networks, against published numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from made_runs import make_run
from planted import Planted, measured, table

from mechgrok.engine.analyze import analyze
from mechgrok.measures.algorithms.distance_irrelevance import DistanceIrrelevance
from mechgrok.runs.run import open_run


class TestDistanceIrrelevance:
    def found(self, p: int, operation, quantity) -> Mapping[str, float | None]:
        """The label's logit is `quantity(s, d)`, the others are far below and tell nothing but their own."""
        grid = table(p, operation)
        a, b = grid.operands.T
        s, d = ((a + b) % p, (a - b) % p)
        s, d = (s, d) if operation == "add" else (d, s)
        logits = torch.full((p * p, p), -100.0, dtype=torch.float64)
        logits[torch.arange(p * p), grid.labels] = quantity(s, d).double()
        wrong = (grid.labels + 1) % p
        logits[torch.arange(p * p), wrong] = -50 + s.double()
        return measured(DistanceIrrelevance(), Planted(grid, logits)).headline

    @pytest.mark.parametrize(("p", "operation"), [(13, "add"), (8, "add"), (13, "subtract")])
    def test_a_function_of_the_distance_gives_zero(self, p: int, operation) -> None:
        assert self.found(p, operation, lambda s, d: d)["correct"] == pytest.approx(0, abs=1e-7)

    @pytest.mark.parametrize("operation", ["add", "subtract"])
    def test_a_function_of_the_sum_gives_one(self, operation) -> None:
        assert self.found(13, operation, lambda s, d: s)["correct"] == pytest.approx(1, rel=1e-12)

    def test_the_two_variants_look_at_other_logits(self) -> None:
        """The label's logit follows the distance, the top wrong one the sum."""
        found = self.found(13, "add", lambda s, d: d)
        assert found["correct"] == pytest.approx(0, abs=1e-7)
        assert found["top_wrong"] == pytest.approx(1, rel=1e-12)

    def test_independent_parts(self) -> None:
        """s + d with s, d uniform: equal variances, so 1 / sqrt 2; a sample deviation or the mean over s would give another value."""
        assert self.found(13, "add", lambda s, d: s + d)["correct"] == pytest.approx(math.sqrt(0.5), rel=1e-12)
        assert self.found(13, "add", lambda s, d: s + 2 * d)["correct"] == pytest.approx(math.sqrt(0.2), rel=1e-12)

    def test_a_constant_logit_has_none(self) -> None:
        assert self.found(13, "add", lambda s, d: 0 * s)["correct"] is None


@pytest.mark.parametrize("name", ["distance-irrelevance", "clock-pizza"])
def test_a_task_without_diagonals_has_no_distance(name: str, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    config = json.loads((folder / "config.json").read_text())
    config["task"]["operation"] = "add-squares"
    (folder / "config.json").write_text(json.dumps(config))
    assert "neither the sum nor the difference" in analyze(open_run(folder), [name], nulls=0)[name].reason


class TestModelA:
    """zhong2023/model_p99zdpze5l.pt: p = 59, uniform attention, the paper's example of a pizza."""

    def test_distance_irrelevance_of_the_correct_logit(self, pizza) -> None:
        assert pizza["distance-irrelevance"].headline["correct"] == pytest.approx(0.17173645, abs=1e-6)

    def test_that_of_the_training_script_is_another(self, pizza) -> None:
        found = pizza["distance-irrelevance"].headline
        assert found["top_wrong"] == pytest.approx(0.22180727, abs=1e-6)
        assert abs(found["top_wrong"] - found["correct"]) > 0.05
