"""The operation of a foreign network, inferred from its logits over all pairs."""

from __future__ import annotations

import math
from typing import get_args

import torch

from mechgrok.errors import UserError
from mechgrok.runs.importing.inference.chance import log_tail
from mechgrok.runs.importing.inference.evidence import BETWEEN, Evidence
from mechgrok.runs.importing.networks.neurons import BY_MODULE
from mechgrok.tasks.charts import is_prime
from mechgrok.tasks.formula import parse
from mechgrok.tasks.layouts import FURUTA
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.operations import FORMULAS, SIGNS, Operation


def with_operation(task: Modular, operation: Operation) -> Modular:
    """The task with another operation; a layout with a token between the operands takes the token of that operation."""
    between = {"layout": "a op b" if SIGNS.get(operation) in FURUTA else "a = b"} if task.layout in BETWEEN else {}
    return task.model_copy(update={"operation": operation, **between})


def identify_operation(evidence: Evidence, task: Modular, given: Operation | None = None) -> Operation:
    """The operation given by the user, else the one whose labels the network predicts on most rows.

    Raises UserError where no operation is given and none reaches an accuracy above 1/2, and where the network computes another
    operation than the given one.
    """
    possible = [name for name in get_args(Operation) if is_prime(task.p) or not parse(FORMULAS[name]).divides]
    accuracy = {name: _accuracy(evidence, with_operation(task, name)) for name in possible}
    best = max(accuracy, key=lambda name: accuracy[name])
    if given and given not in accuracy:
        raise UserError(f"--operation {given} divides, and p = {task.p} is no prime; did you mean --operation {best}?")
    if given and accuracy[given] <= 0.5 < accuracy[best] and _is_no_chance(accuracy[best], task):
        raise UserError(
            f"the network gives the labels of {given} for {accuracy[given]:.1%} of the rows, those of {best} for {accuracy[best]:.1%}; "
            f"did you mean --operation {best}?"
        )
    if given:
        return given
    if accuracy[best] <= 0.5:
        raise UserError(
            f"the file does not name its operation, and its network computes none of the {len(accuracy)} operations known here; "
            f"give --operation, or --p if the file has other tokens than numbers, or {BY_MODULE}"
        )
    return best


def _is_no_chance(accuracy: float, task: Modular) -> bool:
    """Whether so many right rows of the table are unlikely for a network that has learnt none of the operations."""
    rows = len(task.inputs())
    return log_tail(round(accuracy * rows), rows, rows / task.p) < math.log(1e-4 / len(FORMULAS))


def _accuracy(evidence: Evidence, task: Modular) -> float:
    predicted = evidence.rows(task, task.operands()).argmax(1)
    return float((predicted == torch.from_numpy(task.labels())).double().mean())
