"""parameter-norms on planted networks, against published numbers."""

from __future__ import annotations

import math

import pytest
import torch
from planted import measured
from planted_tensors import holding

from mechgrok.measures.weights.parameter_norms import ParameterNorms
from mechgrok.runs.snapshot import Snapshot

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestParameterNorms:
    @pytest.fixture
    def snapshot(self) -> Snapshot:
        numbers = {"embed.W_E": [[3.0, -4.0]], "unembed.W_U": [[1.0], [2.0], [-2.0], [0.0]], "unembed.b_U": [0.0] * 3}
        return holding({name: torch.tensor(values) for name, values in numbers.items()})

    def test_parameters_come_by_name(self, snapshot: Snapshot) -> None:
        turned = holding(dict(reversed(snapshot.weights.items())))
        assert measured(ParameterNorms(), turned).table["parameter"].tolist() == ["embed.W_E", "unembed.W_U", "unembed.b_U"]

    def test_by_hand(self, snapshot: Snapshot) -> None:
        """(3, -4): 7, 5, 5 / sqrt 2. (1, 2, -2, 0): 5, 3, 3 / 2. Together: 12, sqrt 34, sqrt(34 / 9). Zeros count in no mean."""
        found = measured(ParameterNorms(), snapshot)
        rows = found.table.set_index("parameter")
        assert rows.loc["embed.W_E", ["entries", "l1", "l2", "rms"]].tolist() == pytest.approx([2, 7, 5, 5 / math.sqrt(2)], rel=1e-14)
        assert rows.loc["unembed.W_U", ["entries", "l1", "l2", "rms"]].tolist() == pytest.approx([4, 5, 3, 1.5], rel=1e-14)
        expected = {"mean_l1": 6, "mean_l2": 4, "total_l1": 12, "total_l2": math.sqrt(34), "total_rms": math.sqrt(34 / 9)}
        assert {name: found.headline[name] for name in expected} == pytest.approx(expected, rel=1e-14)
        assert found.headline["rms_by_parameter"] == pytest.approx(
            {"embed.W_E": 5 / math.sqrt(2), "unembed.W_U": 1.5, "unembed.b_U": 0}, rel=1e-14
        )


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth, p = 113, split of seed 1."""

    def test_norms_are_roots_of_the_published_sums_of_squares(self, nanda) -> None:
        squares = {"embed.W_E": 181.67246, "blocks.0.mlp.b_in": 0.14450, "unembed.W_U": 44.84354}
        total = 181.67246 + 2.95119 + 17.99980 + 112.90799 + 215.22312 + 148.11302 + 220.50864 + 0.14450 + 191.74641 + 0.01630 + 44.84354
        rows = nanda["parameter-norms"].table.set_index("parameter")
        assert {name: rows["l2"][name] ** 2 for name in squares} == pytest.approx(squares, abs=1e-5)
        assert nanda["parameter-norms"].headline["total_l2"] == pytest.approx(math.sqrt(total), rel=1e-7)
        assert rows["rms"]["embed.W_E"] == pytest.approx(math.sqrt(181.67246 / (114 * 128)), rel=1e-7)
