"""Two numbers of a seed compared, and the step at which a number has risen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mechgrok.analysis import Difference, Number, Ratio, Reached, Study, Trial
from mechgrok.studies.compared import difference, ratio, reached, value
from mechgrok.studies.trained import Trained

ABSENT = "x is not trained with seed 0"
SYNC = ("synchronisation", "share")


@dataclass(frozen=True)
class Given(Trained):
    """A study whose histories are given instead of computed."""

    histories: Mapping[str, pd.DataFrame | str] = field(default_factory=dict)
    runs: dict[tuple[str, int], Any] = field(default_factory=lambda: {("x", 0): None})

    def history(self, trial: str, seed: int, measure: str, task: str = "") -> pd.DataFrame | str:
        return self.histories[measure]


def given(**histories: pd.DataFrame | str) -> Given:
    return Given(Study("words", (Trial("x", "", ""),), (0,), ()), Path(), histories=histories)


def test_bounds_of_a_difference_are_the_farthest_apart() -> None:
    assert difference((3.0, 4.0), (1.0, 1.5)) == (1.5, 3.0)


def test_bounds_of_a_ratio_are_the_farthest_apart() -> None:
    assert ratio((3.0, 4.0), (1.0, 2.0)) == (1.5, 4.0)


@pytest.mark.parametrize("compare", [difference, ratio])
def test_what_is_missing_in_either_is_missing_in_both(compare: Any) -> None:
    assert compare(ABSENT, (1.0, 1.0)) == compare((1.0, 1.0), ABSENT) == ABSENT


@pytest.mark.parametrize(("one", "other"), [(0.0, 1.0), (1.0, 0.0), (1.0, -2.0), (float("nan"), 1.0)])
def test_a_number_that_is_not_positive_has_no_ratio(one: float, other: float) -> None:
    assert ratio((one, one), (other, other)) == "a number that is not positive has no ratio"


def test_a_number_has_risen_where_it_is_at_least_the_share_of_its_largest_value() -> None:
    values = pd.Series([0.0, 0.4, 0.9, 0.3, 1.0], index=[0, 10, 20, 30, 40])
    assert [reached(values, share) for share in (0.4, 0.9, 0.91)] == [10, 20, 40]
    assert reached(values * 0, 0.9) is None


def test_a_lead_is_the_step_of_one_event_less_that_of_another() -> None:
    found = given(
        synchronisation=pd.DataFrame({"share": [0.1, 0.8, 0.7]}, index=[0, 20, 40]),
        grok=pd.DataFrame({"generalised": [90]}, index=[40]),
    )
    lead = Difference(Number("x", "grok", "generalised"), Reached("x", *SYNC))
    assert value(found, lead, 0) == (70.0, 70.0)
    assert value(found, lead, 1) == "x is not trained with seed 1"


def test_a_number_that_is_missing_at_a_checkpoint_does_not_count_there() -> None:
    found = given(synchronisation=pd.DataFrame({"share": ["no neuron", 0.5]}, index=[0, 20]))
    assert value(found, Difference(Number("x", *SYNC), Reached("x", *SYNC)), 0) == (-19.5, -19.5)


def test_an_event_of_a_measure_that_does_not_apply_is_missing() -> None:
    found = given(grok=pd.DataFrame({"generalised": [90]}, index=[40]), synchronisation="this network has no neurons")
    lead = Difference(Number("x", "grok", "generalised"), Reached("x", *SYNC))
    assert value(found, lead, 0) == "this network has no neurons"


def test_a_ratio_may_be_of_two_checkpoints() -> None:
    found = given(synchronisation=pd.DataFrame({"share": [0.2, 0.5]}, index=[0, 20]))
    number = Number("x", *SYNC)
    assert value(found, Ratio(number, number.at_first()), 0) == (2.5, 2.5)
