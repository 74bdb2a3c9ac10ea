"""Frames of a figure show each step on the same axes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mechgrok.plots.animation import ROOM, Moving, animate, stills, with_controls
from mechgrok.plots.primitives import bars, curves, heatmap, histogram, panels

STEPS = [0, 10, 30]
HEIGHTS = [[1.0, 1.0], [2.0, 8.0], [4.0, 5.0]]
MOVING = Moving(0, STEPS, [[{"x": [1, 2], "y": heights}] for heights in HEIGHTS])
NOW = bars(pd.DataFrame({"k": [1, 2], "power": HEIGHTS[-1]}), x="k", y="power", highlight=[2])
OVER = curves(pd.DataFrame({"step": STEPS, "loss": [4.0, 1.0, 0.1]}), x="step", y="loss", x_title="step")


def figure():
    return panels([NOW, OVER], titles=["Step 30", "Over training"])


def test_each_still_has_the_values_of_its_step_and_all_have_the_same_axes():
    found = list(stills(animate(figure(), STEPS, [MOVING])))
    assert [list(still.data[0].y) for still in found] == HEIGHTS
    assert {tuple(still.layout.yaxis.range) for still in found} == {(0, ROOM * 8)}
    assert [still.layout.annotations[-2].text for still in found] == [f"<b>a</b>  Step {step}" for step in STEPS]


def test_what_comes_later_is_veiled_and_the_step_is_marked():
    found = list(stills(animate(figure(), STEPS, [MOVING])))
    shapes = [still.layout.shapes for still in found]
    assert [[(shape.type, shape.xref, shape.x0, shape.x1) for shape in each] for each in shapes] == [
        [("rect", "x2", step, 30), ("line", "x2", step, step)] for step in STEPS
    ]
    assert {still.data[1].y.tobytes() for still in found} == {OVER.data[0].y.tobytes()}


def test_the_label_of_a_bar_is_shown_where_the_bar_has_its_height_alone():
    animated = animate(figure(), STEPS, [MOVING])
    labels = [[note.visible for note in frame.layout.annotations if note.text == "2"] for frame in animated.frames]
    assert labels == [[False], [False], [True]]
    assert len({len(frame.layout.annotations) for frame in animated.frames}) == 1


def test_a_later_panel_moves_by_the_number_of_its_first_trace():
    both = panels([OVER, NOW], titles=["", "Step 30"])
    found = list(stills(animate(both, STEPS, [Moving(1, STEPS, MOVING.arrays)])))
    assert [list(still.data[1].y) for still in found] == HEIGHTS
    assert tuple(found[0].layout.yaxis2.range) == (0, ROOM * 8)


def test_between_its_steps_a_panel_shows_the_one_before():
    found = list(stills(animate(figure(), [0, 20, 30], [MOVING])))
    assert list(found[1].data[0].y) == HEIGHTS[1]


@pytest.mark.parametrize(("shown", "steps"), [(histogram([1.0]), STEPS), (OVER, [30])])
def test_a_figure_in_which_nothing_changes_has_no_frames(shown, steps):
    assert animate(shown, steps, []).frames == ()


def test_controls_stand_below_the_figure_and_name_each_step():
    before = animate(figure(), STEPS, [MOVING])
    found = with_controls(before)
    assert [step.label for step in found.layout.sliders[0].steps] == ["0", "10", "30"]
    assert found.layout.height > before.layout.height
    plot = before.layout.height - before.layout.margin.t - before.layout.margin.b
    assert found.layout.sliders[0].y * plot < -before.layout.margin.b


def test_a_map_has_one_range_of_colours():
    fields = [[[0.0, 1.0]], [[-3.0, 2.0]], [[1.0, 5.0]]]
    moving = Moving(0, STEPS, [[{"z": field}] for field in fields])
    found = list(stills(animate(panels([heatmap(fields[-1])], titles=["Step 30"]), STEPS, [moving])))
    assert [np.asarray(still.data[0].z).tolist() for still in found] == fields
    assert {(still.data[0].zmin, still.data[0].zmax) for still in found} == {(-3, 5)}
    centred = animate(
        heatmap(fields[-1], symmetric=True), STEPS, [Moving(0, STEPS, [[{"z": [[field[0][0] - 9, 1.0]]}] for field in fields])]
    )
    assert (centred.data[0].zmin, centred.data[0].zmax) == (-12, 12)
