"""Sums of several numbers, against itertools."""

from __future__ import annotations

from itertools import product

import pytest

from mechgrok.errors import UserError
from mechgrok.tasks.k_wise import KWise
from mechgrok.tasks.modular import Modular


@pytest.mark.parametrize(("p", "terms"), [(7, 2), (5, 3), (4, 4), (3, 5)])
def test_rows_and_labels(p: int, terms: int) -> None:
    task = KWise(p=p, terms=terms)
    rows = list(product(range(p), repeat=terms))
    assert task.inputs().tolist() == task.operands().tolist() == [list(row) for row in rows]
    assert task.labels().tolist() == [sum(row) % p for row in rows]
    assert task.vocabulary == p
    assert task.symmetric


def test_equations() -> None:
    """MIML-grokking: p^K of them, in a vocabulary of 239 tokens for p = 97, of which the numbers come first here."""
    assert len(KWise(p=31, terms=3).labels()) == 29_791
    assert KWise(p=97, terms=2, layout="openai operands").vocabulary == 239
    assert KWise(p=5, terms=3, layout="operands =").inputs()[-1].tolist() == [4, 4, 4, 5]


def test_two_terms_are_addition() -> None:
    assert (KWise(p=7, terms=2).labels() == Modular(p=7).labels()).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"terms": 1}, "terms: .*greater than or equal to 2"),
        ({"terms": 6}, "terms: .*less than or equal to 5"),
        ({"layout": "a b ="}, "layout: Input should be 'operands =', 'operands' or 'openai operands'"),
        ({"p": 101, "terms": 5}, "5 operands modulo 101 make 10510100501 rows; at most 2147483648 are possible: choose a smaller p"),
    ],
)
def test_wrong_values_say_what_would_be_possible(values: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        KWise(**values)
    assert "\n" not in str(caught.value)
