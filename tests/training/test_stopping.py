"""When a run stops before its last step."""

from __future__ import annotations

import pytest

from mechgrok.config import Stop
from mechgrok.training.evaluation.scores import Evaluation
from mechgrok.training.stopping import reason


def history(losses: list[float], accuracies: list[float] | None = None) -> list[Evaluation]:
    return [Evaluation("test", 10, loss, accuracy) for loss, accuracy in zip(losses, accuracies or [0.0] * len(losses), strict=True)]


def test_without_a_rule_nothing_stops() -> None:
    assert reason(Stop(), history([0.0] * 9, [1.0] * 9)) is None


def test_without_test_rows_nothing_stops() -> None:
    assert reason(Stop(test_loss_below=9, accuracy=0.1, evaluations=1), []) is None


def test_a_test_loss_below() -> None:
    rule = Stop(test_loss_below=0.5)
    assert reason(rule, history([0.1, 0.5])) is None
    assert reason(rule, history([0.6, 0.49])) == "test loss 0.49 is below 0.5"


@pytest.mark.parametrize(
    ("accuracies", "stops"),
    [([1, 1], False), ([1, 0.8, 1, 1], False), ([0.2, 0.9, 1, 0.95], True), ([0.9, 0.9, 0.9], True), ([0.9, 0.9, 0.9, 0.1], False)],
)
def test_an_accuracy_that_lasts(accuracies: list[float], stops: bool) -> None:
    said = reason(Stop(accuracy=0.9, evaluations=3), history([1.0] * len(accuracies), accuracies))
    assert said == ("test accuracy has been at least 0.9 for 3 evaluations" if stops else None)


def test_either_rule_suffices() -> None:
    rule = Stop(test_loss_below=0.5, accuracy=0.9, evaluations=1)
    assert reason(rule, history([0.4], [0.0]))
    assert reason(rule, history([0.9], [1.0]))
    assert reason(rule, history([0.9], [0.0])) is None


def test_a_train_loss_below() -> None:
    rule = Stop(train_loss_below=0.5)
    train = [Evaluation("train", 10, loss, 1.0) for loss in (0.6, 0.4)]
    assert reason(rule, history([0.1])) is None
    assert reason(rule, [train[0], *history([0.1])]) is None
    assert reason(rule, [train[0], *history([0.1]), train[1], *history([9.0])]) == "train loss 0.4 is below 0.5"


def test_the_rules_look_at_the_loss_that_is_trained() -> None:
    rule = Stop(test_loss_below=0.5)
    assert reason(rule, [Evaluation("test", 10, 0.1, 1.0, trained=0.7)]) is None
    assert reason(rule, [Evaluation("test", 10, 3.0, 1.0, trained=0.2)]) == "test loss 0.2 is below 0.5"


def test_train_rows_are_no_evaluations_of_the_test_accuracy() -> None:
    both = [each for test in history([1.0, 1.0], [1, 0.2]) for each in (Evaluation("train", 9, 0.0, 1.0), test)]
    assert reason(Stop(accuracy=0.9, evaluations=2), both) is None
    assert reason(Stop(accuracy=0.1, evaluations=2), both)
