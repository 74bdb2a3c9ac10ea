"""Test rows whose answer is given away by a train row with the same operands in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from mechgrok.runs.run import Run
    from mechgrok.tasks.task import Task


def mirrored_share(run: Run) -> float:
    """Share of the test rows that are mirrored in train; NaN where the train split is unknown and matters.

    A test row is mirrored where a train row of the same task has its operands in another order, (b, a) for (a, b), and was trained with
    the test row's label. The share is 0 for a task whose label depends on the order of the operands, and without test rows.
    """
    if run.is_train is None and run.task.symmetric:
        return float("nan")
    return mirrored_share_of(run.task, run.is_train, None if run.corrupted is None else run.corrupted.trained)


def mirrored_share_of(task: Task, is_train: np.ndarray | None, trained: np.ndarray | None = None) -> float:
    """The same of a task and its train mask (n,), with the labels (n,) that rows were trained with, by default those of the task."""
    from mechgrok.tasks.parts import as_mixture

    if not task.symmetric or is_train is None:
        return 0.0
    answers = task.labels()
    mixture = as_mixture(task)
    tasks = mixture.task_of_row() if mixture else np.zeros(len(answers), dtype=np.int64)
    keys = np.column_stack([tasks, np.sort(task.operands(), axis=1)])
    trained_keys = pd.MultiIndex.from_arrays(np.column_stack([keys, answers if trained is None else trained])[is_train].T)
    test = pd.MultiIndex.from_arrays(np.column_stack([keys, answers])[~is_train].T)
    return float(test.isin(trained_keys).mean()) if len(test) else 0.0
