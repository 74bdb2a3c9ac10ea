"""alias-alignment of aliases placed at their integers, at the negatives, and at random."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from planted import architecture, measured

from mechgrok.measures.aliases.alias_alignment import AliasAlignment
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.alias_tables.alias_rows import dealt
from mechgrok.tasks.aliases import Aliases

P = 31
TASK = Aliases(p=P, questions=3)
OTHER = -1 / (P - 1)
"""Cosine of two of P vectors that are orthogonal but for their mean, which is taken away."""


@pytest.fixture(scope="module")
def found():
    """Orthogonal integers around a common mean. DtQ1: the integer, twice as long; DfQ2: its negative; Dt3: n + 1; Df4: the opposite."""
    integers = torch.eye(P, dtype=torch.float64) + 0.3
    middle = integers.mean(0)
    own = integers - middle
    W_E = torch.zeros(TASK.vocabulary, P, dtype=torch.float64)
    W_E[:P] = integers
    put = {"DtQ1": lambda n: 2 * own[n], "DfQ2": lambda n: own[-n % P], "Dt3": lambda n: own[(n + 1) % P], "Df4": lambda n: -own[n]}
    for name, numbers in dealt(TASK).items():
        for n in numbers.tolist():
            W_E[P + 1 + n] = middle + put[name](n)
    shape = replace(architecture(P), d_model=P, d_vocab=TASK.vocabulary)
    snapshot = Snapshot(Grid.of(TASK, None), shape, {"embed.W_E": W_E}, 0)
    return measured(AliasAlignment(), snapshot).table.set_index("part")


def test_cosines_are_those_that_were_planted(found) -> None:
    is_zero = 0 in dealt(TASK)["DfQ2"].tolist()
    count = len(dealt(TASK)["DfQ2"])
    assert found["cosine"].to_dict() == pytest.approx(
        {"DtQ1": 1, "DfQ2": (is_zero + (count - is_zero) * OTHER) / count, "Dt3": OTHER, "Df4": -1}
    )


def test_others_are_all_but_the_own(found) -> None:
    """Cosines with all integers add up to 0, since these do."""
    assert found["others"].to_dict() == pytest.approx({name: -cosine / (P - 1) for name, cosine in found["cosine"].items()})


def test_the_nearest_is_the_integer_or_its_negative_or_another(found) -> None:
    is_zero = 0 in dealt(TASK)["DfQ2"].tolist()
    assert found["nearest"].to_dict() == pytest.approx({"DtQ1": 1, "DfQ2": is_zero / len(dealt(TASK)["DfQ2"]), "Dt3": 0, "Df4": 0})
    middle = (P - 1) // 2  # its successor is its negative
    assert found["either"].to_dict() == pytest.approx(
        {"DtQ1": 1, "DfQ2": 1, "Dt3": (middle in dealt(TASK)["Dt3"].tolist()) / len(dealt(TASK)["Dt3"]), "Df4": 0}
    )
