"""task-loss on networks that answer one task of a mixture and not another."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from made_runs import make_run
from planted import Planted, measured

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable
from mechgrok.measures.grokking.task_loss import TaskLoss
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import open_run
from mechgrok.tasks.mixture import Mixture

P, SURE = 7, 5.0
TASK = Mixture(p=P, operations=("add", "multiply", "a^2-b"))
RIGHT = math.log(1 + (P - 1) * math.exp(-SURE))
"""Loss of a row whose label has SURE logits more than all others."""
WRONG = RIGHT + SURE
TRAIN = np.random.default_rng(0).permutation(3 * P * P) < 60


@pytest.fixture(scope="module")
def found():
    """A network that adds, whatever the operator says: a + b in all rows."""
    a, b = np.divmod(np.arange(P * P), P)
    answers = np.tile((a + b) % P, 3)
    logits = SURE * torch.nn.functional.one_hot(torch.from_numpy(answers), P).double()
    return measured(TaskLoss(), Planted(Grid.of(TASK, TRAIN), logits))


def share(operation: str, split: str) -> float:
    """Of the rows of a task, counted one by one: where it says a + b by chance."""
    says = {"add": lambda a, b: a + b, "multiply": lambda a, b: a * b, "a^2-b": lambda a, b: a * a - b}[operation]
    first = list(TASK.operations).index(operation) * P * P
    rows = [(a, b) for a in range(P) for b in range(P) if TRAIN[first + a * P + b] == (split == "train")]
    return sum(says(a, b) % P == (a + b) % P for a, b in rows) / len(rows)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("operation", TASK.operations)
def test_each_task_is_counted_by_itself(operation: str, split: str, found) -> None:
    right = share(operation, split)
    assert found.headline[f"accuracy_{split}_{operation}"] == pytest.approx(right, rel=1e-12)
    assert found.headline[f"loss_{split}_{operation}"] == pytest.approx(right * RIGHT + (1 - right) * WRONG, rel=1e-12)
    row = found.table.set_index(["task", "split"]).loc[(operation, split)]
    assert row["probability"] == pytest.approx(right * math.exp(-RIGHT) + (1 - right) * math.exp(-WRONG), rel=1e-12)


def test_the_tasks_together_have_all_rows(found) -> None:
    rows = found.table.groupby("split")["rows"].sum()
    assert rows.to_dict() == {"all": 3 * P * P, "train": 60, "test": 3 * P * P - 60}


def test_a_run_of_one_task_is_told_where_to_look(tmp_path: Path) -> None:
    outcome = analyze(open_run(make_run(tmp_path / "run")), ["task-loss"], nulls=0)["task-loss"]
    assert isinstance(outcome, NotApplicable)
    assert "no mixture" in outcome.reason


def test_without_a_split_the_whole_table_is_shown(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", task=TASK, train=None))
    found = analyze(run, [TaskLoss()], nulls=0)["task-loss"]
    assert found.headline["loss_test_add"] is None  # type: ignore[union-attr]
    assert "unknown" in found.missing["loss_test_add"]  # type: ignore[union-attr]
    assert set(found.table["split"]) == {"all"}  # type: ignore[union-attr]
    assert found.figure().data  # type: ignore[union-attr]
