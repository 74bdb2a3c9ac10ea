"""Which element of a cyclic group each integer counts as, in the arithmetic that aliases are about."""

from __future__ import annotations

import numpy as np

from mechgrok.tasks.aliases import Aliases
from mechgrok.tasks.charts import chart

NONE = -1


def integer_phases(task: Aliases) -> tuple[np.ndarray, int] | None:
    """f(n) for every integer (p,), -1 where it has none, and the order of its group, so that the answer follows f(a) + f(b).

    add: n modulo p. add-squares: n^2 modulo p, the same for n and -n, since no question distinguishes them. multiply: the
    discrete logarithm, modulo p - 1, of all but 0. None for residue, and for products modulo what is no prime above 2.
    """
    every = np.arange(task.p)
    if task.operation == "multiply":
        found = chart("multiplicative", task.p)
        return None if found is None else (found.elements(task.p), found.size)
    return {"add": (every, task.p), "add-squares": (every**2 % task.p, task.p)}.get(task.operation)
