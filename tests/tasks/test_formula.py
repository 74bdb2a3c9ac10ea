"""The language of formulas: Python's own integers are the oracle, and what is outside is refused where it stands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechgrok.errors import UserError
from mechgrok.tasks.expression import Expression
from mechgrok.tasks.formula import LONGEST, parse

leaves = st.sampled_from(["a", "b", "c", "2", "0", "17", "1009"])
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*"]), inner),
        st.builds("({})**{}".format, inner, st.integers(0, 9)),
        st.builds("(-{})".format, inner),
    ),
    max_leaves=8,
)


@given(trees, st.integers(2, 1000), st.lists(st.integers(0, 999), min_size=3, max_size=3))
@settings(deadline=None, max_examples=150)
def test_values_are_those_of_pythons_integers(text: str, p: int, numbers: list[int]) -> None:
    if len(text) > LONGEST:
        return
    operands = np.array([numbers]) % p
    values, defined = parse(text).at(operands, p)
    exact = eval(text, dict(zip("abc", map(int, operands[0]), strict=True)))
    assert (values.tolist(), defined.tolist()) == ([exact % p], [True])


@pytest.mark.parametrize("p", [2, 3, 13])
def test_quotients_solve_their_equation_and_exist_unless_by_zero(p: int) -> None:
    pairs = np.array([[a, b] for a in range(p) for b in range(p)])
    values, defined = parse("(a + 1) / (b - a)").at(pairs, p)
    assert (defined == (pairs[:, 0] != pairs[:, 1])).all()
    assert ((values * (pairs[:, 1] - pairs[:, 0]) - pairs[:, 0] - 1) % p)[defined].tolist() == [0] * (p * p - p)


def test_powers_do_not_overflow() -> None:
    pairs = np.array([[a, 0] for a in range(997)])
    assert parse("a**1000003").at(pairs, 997)[0].tolist() == [pow(a, 1000003, 997) for a in range(997)]
    assert parse("a**0").at(pairs, 997)[0].tolist() == [1] * 997


def test_a_branch_that_is_not_taken_may_divide_by_zero() -> None:
    pairs = np.array([[a, b] for a in range(5) for b in range(5)])
    values, defined = parse("a / b if odd(b) else a").at(pairs, 5)
    assert defined.all()
    assert values[pairs[:, 1] % 2 == 0].tolist() == pairs[pairs[:, 1] % 2 == 0][:, 0].tolist()


@pytest.mark.parametrize(("text", "operands"), [("a + b", 2), ("a**2", 2), ("b", 2), ("a*b + c", 3), ("e", 5), ("3", 2), ("b - d", 4)])
def test_there_are_operands_up_to_the_last_letter(text: str, operands: int) -> None:
    assert parse(text).operands == operands


@pytest.mark.parametrize(
    ("text", "monomial"),
    [("a*b", 1), ("a/b", 1), ("3*a**2*b", 1), ("a*b*c", 1), ("a", 0), ("a*b + 1", 0), ("a**0*b", 0), ("-a*b", 0), ("0*a*b", 0), ("a*c", 0)],
)
def test_monomials_of_all_operands_are_sums_of_logarithms(text: str, monomial: int) -> None:
    assert parse(text).is_monomial == bool(monomial)


def test_hats_are_powers() -> None:
    assert parse("(a+b)^2 + a").text == parse("(a + b)**2 + a").text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a formula such as"),
        ("a" * 300, "of at most 200 characters; this one has 300"),
        ("a +* b", r"no formula near '\+\* b'"),
        ("2a + b", "no formula near '2a"),
        ("(a + b", "no formula"),
        ("ab + 1", r"'ab' is no operand; they are a, b, c, d, e; write a\*b for their product"),
        ("x + y", "'x' is no operand; they are a, b, c, d, e"),
        ("a**b", r"the exponent in 'a\*\*b' is no whole number"),
        ("a**-1", r"the exponent in 'a\*\*-1' is no whole number"),
        ("a**True", "the exponent"),
        ("a * 1.5", "'1.5' is no whole number"),
        ("True + a", "'True' is no whole number"),
        ("'a' + b", "is no whole number"),
        ("a % 2", "'a % 2' is not understood"),
        ("a if b else 1", "not odd"),
        ("a if odd(a + b) else 1", "not odd"),
        ("a if odd(b, c) else 1", "not odd"),
        ("odd(a)", r"'odd\(a\)' is not understood"),
        ("__import__('os').system('true')", "is not understood"),
        ("a.real", "'a.real' is not understood"),
        ("[a for a in (1,)]", "is not understood"),
        ("lambda: a", "is not understood"),
        ("(a := 3)", "is not understood"),
        ("a; b", "no formula"),
        ("a\x00", "no formula"),
        ("(" * 150 + "a" + ")" * 49, "no formula"),
    ],
)
def test_what_is_no_formula_is_refused_where_it_stands(text: str, message: str) -> None:
    with pytest.raises(UserError, match=f"^expression: .*{message}") as caught:
        Expression(expression=text)
    assert "\n" not in str(caught.value)
