"""Planted frequencies on tasks whose tables are not the square of two numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.measures.ablations.restricted_loss import RestrictedLoss
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies
from mechgrok.models.architecture import Architecture
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.charts import chart
from mechgrok.tasks.domain import Domain
from mechgrok.tasks.expression import Expression
from mechgrok.tasks.k_wise import KWise
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.task import Task

SHAPE = Architecture(1, 1, 1, 1, 1, 1, 1, 3, "relu", None, attn_only=True)
TASKS: dict[str, Task] = {
    "quotient": Modular(p=13, operation="divide"),
    "restricted": Modular(p=13, domain=Domain(first_fraction=0.4)),
    "below": Modular(p=13, domain=Domain(below=5)),
    "three": KWise(p=7, terms=3),
    "product": Expression(p=7, expression="a*b*c"),
    "mixture": Mixture(p=11, operations=("add", "subtract")),
    "products": Mixture(p=11, operations=("multiply", "divide")),
}


class Told(Snapshot):
    """A snapshot of a task whose number logits are A cos(2 pi k (x - c) / N), x and c the label and the class as elements of the group."""

    def __init__(self, task: Task, k: int, amplitude: float) -> None:
        super().__init__(Grid.of(task, None), SHAPE, {}, 0)
        found = chart(task.basis or "additive", task.numbers)
        assert found is not None
        place = found.elements(task.numbers)
        turns = k * (place[task.labels()][:, None] - place) / found.size
        inside = (place[task.labels()] >= 0)[:, None] & (place >= 0)
        self._told = torch.from_numpy(np.where(inside, amplitude * np.cos(2 * np.pi * turns), 0))

    @property
    def _forward(self) -> dict[str, Tensor]:
        return {"logits": self._told}


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("name", TASKS)
def test_the_planted_frequency_is_the_only_key_and_explains_everything(name: str, k: int) -> None:
    snapshot = Told(TASKS[name], k, 4.0)
    measure = KeyFrequencies()
    table = measure.compute(measure.view(snapshot), {})
    assert table.loc[table["key"], "frequency"].tolist() == [k]
    assert table["score"].max() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", TASKS)
def test_nothing_is_lost_when_it_alone_is_kept(name: str) -> None:
    """Every row has the loss log sum_d exp(4 cos w_2 d) - 4."""
    snapshot = Told(TASKS[name], 2, 4.0)
    keys = KeyFrequencies()
    given = {"keys": keys.compute(keys.view(snapshot), {})}
    view = RestrictedLoss().view(snapshot)
    waves = [4 * math.cos(4 * math.pi * d / view.p) for d in range(view.p)]
    table = RestrictedLoss().compute(view, given)
    wanted = math.log(sum(map(math.exp, waves))) - 4
    whole = table[(table["split"] == "all") & table["variant"].isin(["2-D", "cube"])]
    assert len(whole) == 2
    assert whole["loss"].tolist() == pytest.approx([wanted] * 2, abs=1e-12)
