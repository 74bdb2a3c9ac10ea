"""Bounds on the accuracy of questions about aliases, given the trained questions about the same alias and nothing else."""

from __future__ import annotations

import numpy as np

from mechgrok.tasks.alias_tables.alias_rows import fitting
from mechgrok.tasks.aliases import Aliases


def bounds(task: Aliases) -> np.ndarray:
    """Of every question, the share of the commonest answer among the integers that fit the trained questions about its alias (n,).

    With all integers alike this is the probability that the best guess is right. NaN for rows that are no questions, and everywhere where
    questions may hold two aliases, since these constrain both.
    """
    found = np.full(len(task.labels()), np.nan)
    questions = np.isin(task.part_of_row(), [task.part_names.index(name) for name in task.sets])
    if task.form == "any":
        return found
    about, trained, operands = task.integer_of_row(), task.trained_rows(), task.operands()
    for integer in np.unique(about[questions]):
        own = questions & (about == integer)
        partners = np.where(operands[:, 0] == integer, operands[:, 1], operands[:, 0])
        found[own] = _commonest(task, fitting(task, integer, partners[own & trained]), partners[own])
    return found


def _commonest(task: Aliases, integers: np.ndarray, partners: np.ndarray) -> np.ndarray:
    """The share of integers that give the commonest answer, for each other operand (n,)."""
    answers = task.value(integers[:, None], partners[None, :])
    return np.array([np.bincount(column).max() for column in answers.T]) / len(integers)
