"""Formulas of the user's own as tasks."""

from __future__ import annotations

import numpy as np
import pytest

from mechgrok.errors import UserError
from mechgrok.tasks.expression import Expression


@pytest.mark.parametrize("n", range(2, 8))
def test_powers_of_sums_and_sums_of_powers(n: int) -> None:
    """Furuta et al. 2024, section 3: (a + b)^n, (a - b)^n, a^n + b^n."""
    pairs = [(a, b) for a in range(13) for b in range(13)]
    assert Expression(p=13, expression=f"(a + b)^{n}").labels().tolist() == [pow(a + b, n, 13) for a, b in pairs]
    assert Expression(p=13, expression=f"(a - b)^{n}").labels().tolist() == [pow(a - b, n, 13) for a, b in pairs]
    assert Expression(p=13, expression=f"a^{n} + b^{n}").labels().tolist() == [(a**n + b**n) % 13 for a, b in pairs]


@pytest.mark.parametrize("p", [6, 7])
def test_three_variables(p: int) -> None:
    task = Expression(p=p, expression="a**2 + b**2 + c")
    rows = [(a, b, c) for a in range(p) for b in range(p) for c in range(p)]
    assert task.operands().tolist() == [list(row) for row in rows]
    assert task.inputs().tolist() == [[*row, p] for row in rows]
    assert task.labels().tolist() == [(a * a + b * b + c) % p for a, b, c in rows]
    assert (task.basis, task.polynomial) == ("additive", "a ** 2 + b ** 2 + c")


def test_affine() -> None:
    task = Expression(p=11, expression="3*a + 5*b", layout="a = b")
    assert task.labels().tolist() == [(3 * a + 5 * b) % 11 for a in range(11) for b in range(11)]
    assert task.inputs()[12].tolist() == [1, 11, 1]


def test_a_product_of_three_is_a_sum_of_logarithms() -> None:
    assert Expression(expression="a*b/c", p=5).basis == "multiplicative"
    assert len(Expression(expression="a*b/c", p=5).labels()) == 5 * 5 * 4
    assert Expression(expression="a*b*c", p=5).symmetric
    assert not Expression(expression="a*b/c", p=5).symmetric


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"expression": "a*b + c", "layout": "a = b"}, "layout 'a = b' has two operands and this task 3; use 'operands =' or 'operands'"),
        ({"expression": "a/(b + 1)", "p": 9}, "division modulo primes only, and p = 9 is none; use 7 or 11"),
        ({"expression": "a/(b - b)"}, "no row of the table has a quotient"),
        ({"expression": "a + d", "p": 307}, "4 operands modulo 307 make 8882874001 rows; at most 2147483648 are possible"),
        ({"expression": "a*b", "layout": "a op b"}, "layout: Input should be"),
    ],
)
def test_wrong_combinations_say_what_would_be_possible(values: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        Expression(**values)
    assert "\n" not in str(caught.value)


def test_the_text_is_kept_as_it_was_written() -> None:
    made = Expression(expression="a^3+a*b")
    assert Expression.model_validate_json(made.model_dump_json()) == made
    assert made.expression == "a^3+a*b"
    assert np.array_equal(made.labels(), Expression().labels())
