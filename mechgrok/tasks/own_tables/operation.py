"""The operation that the labels of a table follow."""

from __future__ import annotations

import numpy as np

from mechgrok.tasks.charts import Basis, is_prime
from mechgrok.tasks.formula import parse
from mechgrok.tasks.operations import FORMULAS


def basis_of(operands: np.ndarray, labels: np.ndarray, p: int) -> Basis | None:
    """The basis of the known operation modulo p that gives the label (n,) of every row of operands (n, k); None where none does.

    Of one row, or of rows that all have the same label, every operation may be meant; then there is none.
    """
    if operands.shape[1] != 2 or len(np.unique(labels)) < 2 or p < 2:
        return None
    for formula in map(parse, FORMULAS.values()):
        if formula.divides and not is_prime(p):
            continue
        values, defined = formula.at(operands, p)
        if defined.all() and np.array_equal(values, labels):
            return "multiplicative" if formula.is_monomial else "additive"
    return None
