"""Rows that are computed from their numbers are those of the table."""

from __future__ import annotations

import numpy as np
import pytest

from mechgrok.errors import UserError
from mechgrok.tasks import arithmetic
from mechgrok.tasks.expression import Expression
from mechgrok.tasks.k_wise import KWise
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.random_table import RandomTable
from mechgrok.tasks.task import Task

COMPUTED = [
    Modular(p=7),
    Modular(p=6, operation="add-squares", layout="a b = c"),
    Modular(p=5, operation="subtract", layout="a op b ="),
    Modular(p=11, domain={"nonzero": True, "below": 9, "first_fraction": 0.6}),
    KWise(p=3, terms=4),
    Expression(p=7, expression="a**2*b + 3 if even(b) else a"),
]
TABLES = [
    Modular(p=7, operation="divide"),
    Modular(p=6, domain={"ascending": True}),
    RandomTable(p=5),
    Mixture(p=5, operations=("add", "divide")),
    Mixture(p=5, only="divide", operations=("add", "divide")),
    Mixture(p=5, only="add", operations=("add", "divide")),
]


@pytest.mark.parametrize("task", [*COMPUTED, *TABLES], ids=repr)
def test_rows_labels_and_sizes_are_those_of_the_table(task: Task) -> None:
    assert task.computes_rows == (task in COMPUTED)
    inputs, labels = task.inputs(), task.labels()
    assert (task.row_count, task.row_length) == (len(labels), inputs.shape[1])
    rows = np.random.default_rng(0).permutation(len(labels))
    assert np.array_equal(task.inputs_at(rows), inputs[rows])
    assert np.array_equal(task.labels_at(rows), labels[rows])


def test_a_row_of_nine_million_is_computed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of squares modulo 3001: row a * 3001 + b, without the table."""
    monkeypatch.setattr(arithmetic.Arithmetic, "table", lambda _: pytest.fail("the table was made"))
    task = Modular(p=3001, operation="add-squares", layout="a b = c")
    assert (task.row_count, task.row_length, task.vocabulary) == (3001**2, 3, 3002)
    rows = np.array([0, 2_999 * 3001 + 3000, 3001**2 - 1])
    assert task.inputs_at(rows).tolist() == [[0, 0, 3001], [2999, 3000, 3001], [3000, 3000, 3001]]
    assert task.labels_at(rows).tolist() == [0, (2999**2 + 3000**2) % 3001, 2 * 3000**2 % 3001]


def test_more_rows_than_two_to_the_31_are_refused() -> None:
    assert Modular(p=46_340).row_count == 46_340**2
    with pytest.raises(UserError, match="5 operands modulo 100 make 10000000000 rows; at most 2147483648 are possible: choose a smaller p"):
        KWise(p=100, terms=5)


def test_a_table_of_quotients_by_zero_alone_is_refused() -> None:
    with pytest.raises(UserError, match="no row of the table has a quotient"):
        Modular(p=2003, operation="divide", domain={"below": 1})
    assert Modular(p=2003, operation="divide").numbers == 2003
