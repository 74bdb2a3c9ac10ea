"""The steps of the slider on a page of curves."""

from __future__ import annotations

import pandas as pd

from mechgrok.plots.primitives import curves, panels
from mechgrok.report.figures.steps import steps_of


def test_the_steps_are_those_of_curves_over_training() -> None:
    table = pd.DataFrame({"step": [0, 10, 20], "loss": [3.0, 2.0, 1.0]})
    other = pd.DataFrame({"frequency": [1, 2, 3], "share": [0.1, 0.2, 0.3]})
    over_steps, spectrum = curves(table, x="step", y="loss"), curves(other, x="frequency", y="share")
    assert steps_of([over_steps, spectrum]) == [0, 10, 20]
    assert steps_of([panels([spectrum, over_steps], titles=["spectrum", "loss"])]) == [0, 10, 20]
    assert steps_of([spectrum]) == []


def test_step_zero_of_a_logarithmic_axis_is_no_step_between_others() -> None:
    table = pd.DataFrame({"step": [0, 1, 10], "loss": [3.0, 2.0, 1.0]})
    assert steps_of([curves(table, x="step", y="loss", log_x=True)]) == [1, 10]


def test_of_many_steps_fifty_are_taken() -> None:
    table = pd.DataFrame({"step": range(1000), "loss": range(1000)})
    found = steps_of([curves(table, x="step", y="loss")])
    assert (len(found), found[0], found[-1]) == (50, 0, 999)
