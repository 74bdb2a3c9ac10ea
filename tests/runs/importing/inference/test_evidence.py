"""What a network's own numbers tell, on logits made by hand."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mechgrok.errors import UserError
from mechgrok.runs.importing.inference.evidence import Evidence, pair_index
from mechgrok.runs.importing.inference.loss_check import LossCheck
from mechgrok.runs.importing.inference.operation import identify_operation
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.operations import Operation

TASK = Modular(p=11)


def showing(operation: str, sure: float = 5.0, recorded: dict[str, float] | None = None) -> Evidence:
    """A network that gives the labels of an operation."""
    task = Modular(p=11, operation=operation)
    logits = torch.zeros(121, 12, dtype=torch.float64)
    logits[torch.from_numpy(pair_index(task))] = sure * F.one_hot(torch.from_numpy(task.labels()), 12).double()
    return Evidence(logits, recorded or {})


@pytest.mark.parametrize("operation", get_args(Operation))
def test_the_operation_is_the_one_that_the_network_shows(operation: Any) -> None:
    assert identify_operation(showing(operation), TASK) == operation
    assert identify_operation(showing(operation), TASK, operation) == operation


def test_an_operation_that_the_network_does_not_show_is_refused() -> None:
    said = r"labels of add for \d+\.\d% of the rows, those of subtract for 100\.0%; did you mean --operation subtract\?"
    with pytest.raises(UserError, match=said):
        identify_operation(showing("subtract"), TASK, "add")


def test_a_network_that_shows_nothing_needs_a_word() -> None:
    nothing = Evidence(torch.randn(121, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64), {})
    with pytest.raises(UserError, match=f"computes none of the {len(get_args(Operation))} operations known here; give --operation"):
        identify_operation(nothing, TASK)
    assert identify_operation(nothing, TASK, "subtract") == "subtract"


def test_a_quotient_has_no_rows_with_b_zero_and_needs_a_prime() -> None:
    """70 of the 110 rows are train: the mean is over those of the 121 logits that are rows."""
    evidence = showing("divide", 5.0, {"train": 1.0})
    task = Modular(p=11, operation="divide")
    assert pair_index(task).tolist() == [11 * a + b for a in range(11) for b in range(1, 11)]
    (train,) = evidence.check_losses(task, np.arange(110) < 70)
    assert train.recomputed == pytest.approx(float(np.log1p(11 * np.exp(-5.0))))
    with pytest.raises(UserError, match="--operation divide divides, and p = 12 is no prime"):
        identify_operation(Evidence(torch.zeros(144, 13), {}), Modular(p=12), "divide")


def test_losses_are_means_over_the_rows_of_each_split() -> None:
    """Sure of the label by s: log(1 + 11 exp(-s)) each; one row of test is wrong and costs s more."""
    evidence = showing("add", 5.0, {"train": 0.07, "test": 1.0})
    mask = np.zeros(121, dtype=bool)
    mask[:100] = True
    evidence.logits[120] = evidence.logits[120].roll(1)
    right = float(np.log1p(11 * np.exp(-5.0)))
    train, test = evidence.check_losses(TASK, mask)
    assert (train.split, train.recorded, test.split, test.recorded) == ("train", 0.07, "test", 1.0)
    assert (train.recomputed, test.recomputed) == (pytest.approx(right), pytest.approx(right + 5 / 21))
    assert (train.agrees, test.agrees) == (True, False)


def test_only_what_is_recorded_and_known_is_compared() -> None:
    mask = np.arange(121) < 50
    assert [told.split for told in showing("add", recorded={"test": 1.0}).check_losses(TASK, mask)] == ["test"]
    assert showing("add", recorded={"test": 1.0}).check_losses(TASK, None) == ()


@pytest.mark.parametrize(("recomputed", "agrees"), [(0.8, True), (1.2, True), (0.79, False), (1.21, False), (float("nan"), False)])
def test_agreement_is_within_a_fifth(recomputed: float, agrees: bool) -> None:
    assert LossCheck("train", 1.0, recomputed).agrees == agrees
