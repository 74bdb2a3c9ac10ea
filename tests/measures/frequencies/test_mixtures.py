"""Frequencies of one task among the rows of a mixture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from planted import Planted, measured

from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies
from mechgrok.measures.logits.logit_cosines import LogitCosines
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.mixture import Mixture

P, ROOT = 11, 2
WHOLE = Mixture(p=P, operations=("add", "subtract", "multiply"))
PLANTED = {"add": (2,), "subtract": (1, 4), "multiply": (3,)}
"""The frequencies of each task; products have theirs in the group of the powers of 2, which has 10 elements."""
LOGARITHM = {pow(ROOT, i, P): i for i in range(P - 1)}


def logits(name: str) -> torch.Tensor:
    """cos w_k(label - c), written out for each row and class; for products in logarithms, flat where there is none."""
    rows = np.zeros((P * P, P))
    for a in range(P):
        for b in range(P):
            for c in range(P):
                if name != "multiply":
                    difference, order = ((a + b if name == "add" else a - b) - c, P)
                elif a * b * c:
                    difference, order = LOGARITHM[a * b % P] - LOGARITHM[c], P - 1
                else:
                    continue
                rows[a * P + b, c] = sum(np.cos(2 * np.pi * k * difference / order) for k in PLANTED[name])
    return torch.from_numpy(rows)


def snapshot(task: Mixture) -> Snapshot:
    return Planted(Grid.of(task, None), torch.cat([logits(name) for name in task.task_names]))


def viewed(measure: KeyFrequencies | LogitCosines, task: Mixture):
    seen = measure.view(WithForward(snapshot(task)))
    return measured(measure, seen)


class WithForward(Snapshot):
    """The planted logits as what the forward pass gave, so that they can be seen in another basis."""

    def __init__(self, origin: Snapshot) -> None:
        super().__init__(origin.grid, origin.architecture, {}, 0)
        self._told = origin.logits

    @property
    def _forward(self) -> dict[str, torch.Tensor]:  # type: ignore[override]
        return {"logits": self._told}


@pytest.mark.parametrize("name", PLANTED)
def test_each_task_has_the_frequencies_that_were_planted_in_it(name: str) -> None:
    task = WHOLE.model_copy(update={"only": name})
    assert tuple(viewed(KeyFrequencies(), task).headline["frequencies"]) == PLANTED[name]
    assert viewed(LogitCosines(keys=PLANTED[name]), task).headline["explained"] == pytest.approx(1)


def test_all_rows_together_mix_them() -> None:
    assert set(viewed(KeyFrequencies(), WHOLE).headline["frequencies"]) >= {1, 2, 4}
    assert viewed(LogitCosines(keys=(1, 2, 4)), WHOLE).headline["explained"] < 0.8
