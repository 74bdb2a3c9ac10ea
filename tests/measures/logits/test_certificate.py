"""certificate of networks built by hand, and of random ones: never above the accuracy."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from kinds_of_runs import RUNS
from planted import Planted, cosine_logits, handmade_snapshot, measured, table
from torch import Tensor

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.measures.logits.certificate import Certificate
from mechgrok.models.one_hot import OneHotMLP
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import open_run
from mechgrok.verification.hand_built import HandBuiltNetwork, temporary_run, zoo
from mechgrok.verification.zoo import clock

LARGE = {"untrained", "backdoor"}


@pytest.mark.parametrize(
    "network", [pytest.param(each, marks=pytest.mark.long if each.name in LARGE else (), id=each.name) for each in zoo()]
)
def test_no_hand_built_network_is_certified_beyond_its_accuracy(network: HandBuiltNetwork) -> None:
    with temporary_run(network) as run:
        found = analyze(run, ["certificate"], nulls=0)["certificate"]
        if isinstance(found, Result):
            assert (found.table["certified"] <= found.table["accuracy"]).all()


def test_the_clock_is_certified_with_one_frequency() -> None:
    """Its neurons are functions of a, b, a + b and a - b, so nothing remains to be bounded."""
    with temporary_run(clock.NETWORK) as run:
        found = analyze(run, ["certificate"], nulls=0)["certificate"].table  # type: ignore[union-attr]
    assert found["certified"].tolist() == [1] * len(found)


@pytest.mark.parametrize("kind", ["odd", "even", "two", "mlp", "quadratic", "embedding", "divide", "corrupted", "zero", "bare"])
def test_no_random_network_is_certified_beyond_its_accuracy(kind: str, tmp_path: Path) -> None:
    found = analyze(open_run(RUNS[kind](tmp_path / "run")), ["certificate"], nulls=0)["certificate"]
    assert not isinstance(found, Result) or (found.table["certified"] <= found.table["accuracy"]).all()


class OfLogits(Planted):
    """A perceptron whose neurons are the planted logits."""

    def __init__(self, grid: Grid, logits: Tensor) -> None:
        super().__init__(grid, logits, logits)
        self.architecture = OneHotMLP(1, 2, (0, 1), (0, 1), (grid.p,), grid.p, grid.p, "relu", biases=False)
        self.weights = {"blocks.0.mlp.W_out": torch.eye(grid.p)}


def test_a_network_that_is_right_in_part_is_certified_in_part() -> None:
    """Planted cosines, with their signs reversed in the rows of a = 2."""
    grid = table(7)
    logits = cosine_logits(grid, {1: 3.0, 3: 5.0})
    logits[grid.operands[:, 0] == 2] *= -1
    found = measured(Certificate(), OfLogits(grid, logits)).headline
    assert found["accuracy"] == found["certified_at_any_cost"] == pytest.approx(6 / 7)


def test_of_so_small_a_table_no_proof_is_shorter() -> None:
    found = measured(Certificate(), handmade_snapshot(7, {1: 3.0, 3: 5.0}))
    assert (found.headline["certified_at_any_cost"], found.headline["accuracy"]) == (1, 1)
    assert found.missing["certified"] == "no proof costs less than 0.5 of computing all logits of so small a table"
