"""numerical-health on planted networks."""

from __future__ import annotations

import pytest
import torch
from answering import THIRD, P, answers
from corrupted import TASK, TRAIN, corrupted, following
from planted import Planted, measured, table
from torch import Tensor

from mechgrok.data.corruptions.increment import Increment
from mechgrok.measures.weights.numerical_health import NumericalHealth
from mechgrok.runs.grid import Grid

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestNumericalHealth:
    """Six others at a distance g add 6 e^-g to 1: lost in float32 below 2^-25 each and together, kept above 2^-23."""

    def shares(self, logits: Tensor, grid: Grid) -> dict[str, float]:
        return measured(NumericalHealth(), Planted(grid, logits)).headline

    def test_collapse_by_distance(self) -> None:
        grid = table(P, train=THIRD)
        logits = answers(grid, 14.0)
        logits[THIRD] = answers(grid, 20.0)[THIRD]
        found = self.shares(logits, grid)
        assert (found["collapsed_train"], found["collapsed_test"]) == (1, 0)
        assert found["collapsed_all"] == found["zero_loss_all"] == pytest.approx(THIRD.mean(), rel=1e-14)
        in_float32 = torch.nn.functional.cross_entropy(logits.float(), grid.labels, reduction="none")
        assert ((in_float32 == 0).numpy() == THIRD).all()
        in_float64 = torch.nn.functional.cross_entropy(logits, grid.labels, reduction="none")
        assert (in_float64 > 0).all(), "a float64 softmax would see nothing"

    def test_a_collapsed_wrong_answer_has_a_loss(self) -> None:
        grid = table(P)
        found = self.shares(answers(grid, 25.0, 1), grid)
        assert (found["collapsed_all"], found["zero_loss_all"]) == (1, 0)

    def test_two_at_the_top(self) -> None:
        grid = table(P)
        found = self.shares(answers(grid, 40.0) + answers(grid, 40.0, 1), grid)
        assert (found["collapsed_all"], found["zero_loss_all"]) == (0, 0)


def test_a_loss_is_zero_in_float32_where_the_label_that_was_trained_with_is_on_top() -> None:
    """Logits of 100 above all others collapse every softmax; the loss of a row is then zero or 100."""
    labels = corrupted(Increment(fraction=0.3))
    network = Planted(Grid.of(TASK, TRAIN, labels), 20 * following(labels.truth, labels).logits)
    found = measured(NumericalHealth(), network).headline
    assert {found[f"collapsed_{split}"] for split in ("all", "train", "test")} == {1}
    assert (found["zero_loss_all"], found["zero_loss_test"]) == (1, 1)
    assert found["zero_loss_train"] == pytest.approx(1 - 21 / 70, rel=1e-12)
