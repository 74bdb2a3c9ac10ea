"""alias-phases of aliases placed at the phases of their integers, of the negatives, of others, turned by an angle, and at random."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_runs import make_run
from planted import architecture, measured

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.measures.aliases.alias_phases import AliasPhases
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.alias_tables.alias_rows import dealt
from mechgrok.tasks.aliases import Aliases

P, KEYS, TURNED = 31, (3, 8), 0.4
RADII = {3: 1.0, 8: 2.0}
PHASES: dict[str, tuple[Callable[[int], int], int]] = {
    "add": (lambda n: n, P),
    "add-squares": (lambda n: n * n, P),
    "multiply": (lambda n: next(e for e in range(P - 1) if pow(3, e, P) == n), P - 1),  # 3 is the smallest primitive root of 31
}
PLANES = torch.linalg.qr(torch.randn(12, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64))[0].T
"""Orthonormal: two for each key frequency, and two that no integer has a part in (6, 12)."""
WEIGHTS = {k: radius**2 / sum(r**2 for r in RADII.values()) for k, radius in RADII.items()}


def at(angles: dict[int, float], far: float = 1.0) -> torch.Tensor:
    """The point at these angles of the planes, each with its radius, and something outside of them."""
    inside = sum(RADII[k] * (math.cos(a) * PLANES[2 * i] + math.sin(a) * PLANES[2 * i + 1]) for i, (k, a) in enumerate(angles.items()))
    return 0.7 + far * inside


def planted(operation: str) -> tuple[Aliases, Snapshot]:
    """DtQ1: the integer's phases, twice as far out; DfQ2: the negative's; Dt3: its own, turned; Df4: those opposite."""
    task, (f, order) = Aliases(p=P, questions=3, operation=operation), PHASES[operation]
    W_E = torch.zeros(task.vocabulary, 12, dtype=torch.float64)

    def angles(n: int, more: float = 0.0) -> dict[int, float]:
        return {k: 2 * math.pi * k * f(n) / order + more for k in KEYS}

    known = range(operation == "multiply", P)
    for n in known:
        W_E[n] = at(angles(n))
    put = {
        "DtQ1": lambda n: at(angles(n), far=2.0),
        "DfQ2": lambda n: at(angles(-n % P)),
        "Dt3": lambda n: at(angles(n, TURNED)) + 5 * PLANES[4],
        "Df4": lambda n: at(angles(n, math.pi)),
    }
    for name, integers in dealt(task).items():
        for n in set(integers.tolist()) & set(known):
            W_E[P + 1 + n] = put[name](n)
    shape = replace(architecture(P), d_model=12, d_vocab=task.vocabulary)
    return task, Snapshot(Grid.of(task, None), shape, {"embed.W_E": W_E}, 0)


def between(operation: str, one: int, other: int) -> float:
    """Cosine of the difference of two integers' phases, over the planes by power."""
    f, order = PHASES[operation]
    return sum(WEIGHTS[k] * math.cos(2 * math.pi * k * (f(one) - f(other)) / order) for k in KEYS)


@pytest.mark.parametrize("operation", PHASES)
def test_cosines_are_those_of_the_angles_that_were_planted(operation: str) -> None:
    task, snapshot = planted(operation)
    found = measured(AliasPhases(), snapshot).headline
    of_DfQ2 = [n for n in dealt(task)["DfQ2"].tolist() if n or operation != "multiply"]
    negative = float(np.mean([between(operation, -n % P, n) for n in of_DfQ2]))
    assert found["frequencies"] == list(KEYS)
    assert found["cosine_DtQ1"] == pytest.approx(1, rel=1e-9)
    assert found["cosine_DfQ2"] == pytest.approx(negative, rel=1e-9)
    assert found["cosine_Dt3"] == pytest.approx(math.cos(TURNED), rel=1e-9)
    assert found["cosine_Df4"] == pytest.approx(-1, rel=1e-9)
    assert (negative > 0.99) == (operation == "add-squares")


@pytest.mark.parametrize("operation", PHASES)
def test_others_are_all_of_the_set_with_other_phases(operation: str) -> None:
    """For squares neither n nor -n; for products not 0, whose phase there is none of."""
    task, snapshot = planted(operation)
    integers = [n for n in dealt(task)["DtQ1"].tolist() if n or operation != "multiply"]
    f, order = PHASES[operation]
    others = [np.mean([between(operation, n, m) for m in integers if (f(n) - f(m)) % order]) for n in integers]
    found = measured(AliasPhases(), snapshot)
    assert found.headline["others_DtQ1"] == pytest.approx(np.mean(others), rel=1e-9)
    assert sorted(set(found.table.loc[found.table["part"] == "DtQ1", "integer"])) == integers


def test_an_alias_can_lie_where_its_wrong_definition_says() -> None:
    task, snapshot = planted("add")
    W_E = snapshot.weights["embed.W_E"].clone()
    definitions = task.part_of_row() == task.part_names.index("DfQ2-definitions")
    for n, named in zip(task.integer_of_row()[definitions], task.labels()[definitions], strict=True):
        W_E[P + 1 + n] = W_E[named]
    table = measured(AliasPhases(), snapshot.with_weights({"embed.W_E": W_E})).table
    of_DfQ2 = table[table["part"] == "DfQ2"]
    assert of_DfQ2["defined"].tolist() == pytest.approx([1] * len(of_DfQ2), rel=1e-9)
    assert of_DfQ2["cosine"].max() < 0.999


def test_random_aliases_have_random_phases() -> None:
    """The mean of 30 aliases' cosines, each from -1 to 1, has a standard error of at most .71 / sqrt 30 = .13 at two planes."""
    _, snapshot = planted("add")
    W_E = snapshot.weights["embed.W_E"].clone()
    W_E[P + 1 : 2 * P + 1] = torch.randn(P, 12, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    found = measured(AliasPhases(), snapshot.with_weights({"embed.W_E": W_E})).headline
    assert abs(np.mean([found[f"cosine_{name}"] for name in ("DtQ1", "DfQ2", "Dt3", "Df4")])) < 3 * 0.13
    assert all(found[f"cosine_{name}_low"] < 0 < found[f"cosine_{name}_high"] for name in ("DtQ1", "DfQ2", "Dt3", "Df4"))


def test_remainders_have_no_phases(tmp_path: Path) -> None:
    task = Aliases(p=13, questions=3, operation="residue")
    outcome = analyze(open_run(make_run(tmp_path / "run", task=task)), ["alias-phases"], nulls=0)["alias-phases"]
    assert isinstance(outcome, NotApplicable)
    assert "residue modulo 13 have no phases" in outcome.reason


def test_an_embedding_that_is_zero_is_a_gap_with_a_reason(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", task=Aliases(p=13, questions=3), scale=0.0))
    outcome = analyze(run, ["alias-phases"], nulls=0)["alias-phases"]
    assert isinstance(outcome, Result)
    assert outcome.headline["cosine_Dt3"] is None
    assert "zero" in outcome.missing["cosine_Dt3"]
