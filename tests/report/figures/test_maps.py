"""Maps at other checkpoints."""

from __future__ import annotations

import pandas as pd

from mechgrok.engine import registry
from mechgrok.engine.outcomes import Result
from mechgrok.report.figures import frames as module
from mechgrok.report.figures.frames import frames
from mechgrok.report.figures.maps import shows_maps


def images(steps: range, side: int = 2, heads: int = 1) -> Result:
    """Results of weight-image: entry (row, column) of head h at step s is s + 10 row + column + h / 2."""
    rows = [(s, h, i, j, s + 10 * i + j + h / 2) for s in steps for h in range(heads) for i in range(side) for j in range(side)]
    return Result(registry.parse("weight-image"), pd.DataFrame(rows, columns=["step", "head", "row", "column", "value"]))


def test_each_checkpoint_has_its_map() -> None:
    found = frames(images(range(0, 3)))
    assert found["steps"] == [0, 1, 2]
    assert [traces[0]["z"] for traces in found["traces"]] == [[[s, s + 1], [s + 10, s + 11]] for s in range(3)]


def test_panels_of_heads_move_together() -> None:
    found = frames(images(range(0, 2), heads=2))
    assert [trace["z"][0] for trace in found["traces"][0]] == [[0, 1], [0.5, 1.5]]


def test_maps_of_other_neurons_than_the_last_ones_do_not_move() -> None:
    def neuron(unit: int, step: int) -> pd.DataFrame:
        return pd.DataFrame(
            [(step, a, b, unit, 1, a + b) for a in (0, 1) for b in (0, 1)], columns=["step", "a", "b", "unit", "frequency", "value"]
        )

    measure = registry.parse("activation-map(site=neurons)")
    assert frames(Result(measure, pd.concat([neuron(3, 0), neuron(3, 9)])))["steps"] == [0, 9]
    assert frames(Result(measure, pd.concat([neuron(2, 0), neuron(3, 9)]))) == {}


def test_large_maps_have_fewer_steps(monkeypatch) -> None:
    monkeypatch.setattr(module, "VALUES", 40)
    assert frames(images(range(0, 30)))["steps"] == [0, 3, 6, 10, 13, 16, 19, 23, 26, 29]


def test_curves_are_no_maps() -> None:
    table = pd.DataFrame({"step": [0, 20], "matrix": ["W_E", "W_E"], "gini": [0.1, 0.2]})
    assert not shows_maps(Result(registry.parse("gini"), table))
