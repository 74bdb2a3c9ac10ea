"""The last records of a file, against the loss and the right rows of a reading."""

from __future__ import annotations

import math

import pytest

from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.inference.recorded import EXACT, Recorded


def test_the_records_are_the_last_of_each_split() -> None:
    foreign = Foreign(
        "x", {9: {}}, recorded={"train": {0: 3.0, 9: 1.0, 5: 2.0}, "test": {5: 4.0}}, accuracies={"train": {0: 0.5}, "test": {}}
    )
    assert Recorded.of(foreign) == Recorded({"train": 1.0, "test": 4.0}, {"train": 0.5})


@pytest.mark.parametrize(("loss", "agreement"), [(2.0, EXACT), (1.6, EXACT), (1.7, 1), (5.0, 0)])
def test_a_whole_number_of_train_rows_gives_the_records(loss: float, agreement: int) -> None:
    """Of ten rows, five or seven with a mean loss of 1, the others with one of 3; a loss of 1.7 would be of six and a half."""
    assert Recorded({"train": 1.0, "test": 3.0}).agreement(loss, 5, 10) == agreement


@pytest.mark.parametrize("recorded", [math.nan, math.inf])
def test_records_of_a_training_that_diverged_agree_with_nothing(recorded: float) -> None:
    assert Recorded({"train": recorded, "test": 3.0}).agreement(2.0, 5, 10) == 0
