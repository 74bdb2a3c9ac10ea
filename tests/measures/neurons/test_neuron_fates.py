"""neuron-fates of neurons whose course is written out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mechgrok.engine.outcomes import Result
from mechgrok.measures.neurons.neuron_fates import NeuronFates

COURSES = {
    0: [0, 3, 3, 3, 3],
    1: [2, 2, 0, 3, 3],
    2: [2, 3, 2, 3, 0],
    3: [0, 0, 0, 0, 0],
    4: [5, 5, 5, 5, 5],
}
"""States of five neurons at the steps 0, 10, .. 40; 0 where the neuron is not specialised."""


def result(courses: dict[int, list[int]]) -> Result:
    rows = [(10 * i, neuron, state or 7, state > 0) for neuron, course in courses.items() for i, state in enumerate(course)]
    given = pd.DataFrame(rows, columns=["step", "neuron", "frequency", "specialised"])
    run: Any = None
    return Result(NeuronFates(), NeuronFates().compute(run, {"neurons": given}))


def test_commitment_and_switches() -> None:
    neurons = result(COURSES).table.query("part == 'neuron'").set_index("neuron")
    assert neurons["step"].dropna().to_dict() == {0: 10, 1: 30, 4: 0}
    assert neurons["switches"].to_dict() == {0: 0, 1: 1, 2: 3, 3: 0, 4: 0}
    assert neurons["frequency"].to_dict() == {0: 3, 1: 3, 2: 0, 3: 0, 4: 5}


def test_frequencies_that_come_and_go() -> None:
    """2 has two of five neurons at first and none at the end; 3 has three at step 30."""
    found = result(COURSES)
    frequencies = found.table.query("part == 'frequency'").set_index("frequency")
    assert frequencies["share"].to_dict() == {2: 0.4, 3: 0.6, 5: 0.2}
    assert frequencies["step"].to_dict() == {2: 0, 3: 30, 5: 0}
    headline = {"committed": 3, "never": 2, "median_commitment": 10.0, "switches": 4}
    assert found.headline == headline | {"kept_frequencies": [3, 5], "lost_frequencies": [2]}


def test_a_frequency_of_few_neurons_does_not_count_and_a_tenth_is_kept() -> None:
    """Of 100 neurons four have 1 at first; of fifty with 2 five stay, of sixty with 3 five."""
    courses = dict(enumerate([[1, 0]] * 4 + [[2, 0]] * 45 + [[2, 2]] * 5 + [[0, 0]] * 46))
    assert result(courses).headline["kept_frequencies"] == [2]
    more = dict(enumerate([[3, 0]] * 55 + [[3, 3]] * 5 + [[0, 0]] * 40))
    assert result(more).headline["lost_frequencies"] == [3]


def test_neurons_without_any_frequency() -> None:
    found = result({0: [0, 0], 1: [0, 0]})
    assert (found.headline["never"], found.missing["median_commitment"]) == (2, "no neuron has a frequency at the last checkpoint")
