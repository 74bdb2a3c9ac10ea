"""The named operations against the formulas of the papers, written out in Python's own integers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mechgrok.errors import UserError
from mechgrok.tasks.formula import parse
from mechgrok.tasks.layouts import FURUTA, OPENAI, OPENAI_PERMUTATIONS
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.operations import FORMULAS, SIGNS


def quotient(a: int, b: int, p: int) -> int | None:
    """The c with b c = a, found by trying."""
    found = [c for c in range(p) if b * c % p == a]
    return found[0] if len(found) == 1 else None


BY_HAND: dict[str, Callable[[int, int, int], int | None]] = {
    "add": lambda a, b, p: a + b,
    "subtract": lambda a, b, p: a - b,
    "multiply": lambda a, b, p: a * b,
    "divide": quotient,
    "add-squares": lambda a, b, p: a * a + b * b,
    "add-or-multiply": lambda a, b, p: a + b if a in range(0, p, 2) else a * b,
    "add-or-subtract": lambda a, b, p: a + b if a in range(0, p, 2) else a - b,
    "divide-or-subtract": lambda a, b, p: quotient(a, b, p) if b in range(1, p, 2) else a - b,
    "2a+b": lambda a, b, p: a + a + b,
    "2a-b": lambda a, b, p: a + a - b,
    "2a+3b": lambda a, b, p: a + a + b + b + b,
    "2a-3b": lambda a, b, p: a + a - b - b - b,
    "ab+b": lambda a, b, p: (a + 1) * b,
    "ab-b": lambda a, b, p: (a - 1) * b,
    "ab+a+b": lambda a, b, p: (a + 1) * (b + 1) - 1,
    "ab+a-b": lambda a, b, p: (a - 1) * (b + 1) + 1,
    "a^2+b": lambda a, b, p: a * a + b,
    "a^2-b": lambda a, b, p: a * a - b,
    "a^2-b^2": lambda a, b, p: (a + b) * (a - b),
    "a^2+ab+b^2": lambda a, b, p: a * (a + b) + b * b,
    "a^2+ab+b^2+a": lambda a, b, p: a * (a + b + 1) + b * b,
    "(a+b)^2": lambda a, b, p: a * a + 2 * a * b + b * b,
    "(a-b)^2": lambda a, b, p: a * a - 2 * a * b + b * b,
    "(a+b)^2+a+b": lambda a, b, p: (a + b) * (a + b + 1),
    "a^3+b": lambda a, b, p: a * a * a + b,
    "a^3+2b": lambda a, b, p: a * a * a + b + b,
    "a^3-2b": lambda a, b, p: a * a * a - b - b,
    "a^3+ab": lambda a, b, p: a * (a * a + b),
    "a^3+ab^2": lambda a, b, p: a * (a * a + b * b),
    "a^3+ab^2+b": lambda a, b, p: a * (a * a + b * b) + b,
    "(a+b)^3": lambda a, b, p: a * a * a + 3 * a * a * b + 3 * a * b * b + b * b * b,
    "(a-b)^3": lambda a, b, p: a * a * a - 3 * a * a * b + 3 * a * b * b - b * b * b,
    "(a+b)^4": lambda a, b, p: (a + b) * (a + b) * (a + b) * (a + b),
    "(a-b)^4": lambda a, b, p: (b - a) * (b - a) * (b - a) * (b - a),
}
SYMMETRIC = {"add", "multiply", "add-squares", "ab+a+b", "a^2+ab+b^2", "(a+b)^2", "(a-b)^2", "(a+b)^2+a+b", "(a+b)^3", "(a+b)^4", "(a-b)^4"}


def test_the_operations_of_the_papers_are_there() -> None:
    assert set(BY_HAND) <= set(FORMULAS)


@pytest.mark.parametrize("p", [2, 7, 23])
@pytest.mark.parametrize("operation", BY_HAND)
def test_labels_are_those_of_the_formula(operation: str, p: int) -> None:
    """Rows without a value, those that divide by 0, are left out; the others are in order."""
    task = Modular(p=p, operation=operation)
    wanted = [(a, b, BY_HAND[operation](a, b, p)) for a in range(p) for b in range(p)]
    rows = [[a, b, value % p] for a, b, value in wanted if value is not None]
    assert np.column_stack([task.operands(), task.labels()]).tolist() == rows
    assert task.labels().dtype == task.inputs().dtype == np.int64


def test_quotients_exist_for_all_but_zero() -> None:
    """Power et al. 2022: p (p - 1) equations."""
    assert len(Modular(p=97, operation="divide").labels()) == 97 * 96
    assert len(Modular(p=97, operation="divide-or-subtract").labels()) == 97**2


def test_symmetry() -> None:
    assert {name for name in BY_HAND if Modular(p=11, operation=name).symmetric} == SYMMETRIC  # type: ignore[arg-type]


def test_products_and_quotients_are_sums_of_logarithms_and_nothing_else_is() -> None:
    found = {name: Modular(p=11, operation=name).basis for name in BY_HAND}  # type: ignore[arg-type]
    assert {name for name, basis in found.items() if basis == "multiplicative"} == {"multiply", "divide"}


def test_polynomials_say_so_in_python() -> None:
    without = {name for name in BY_HAND if Modular(p=11, operation=name).polynomial is None}  # type: ignore[arg-type]
    assert without == {"divide", "add-or-multiply", "add-or-subtract", "divide-or-subtract"}
    for name in set(BY_HAND) - without:
        task = Modular(p=11, operation=name)  # type: ignore[arg-type]
        assert [eval(task.polynomial or "", {"a": int(a), "b": int(b)}) % 11 for a, b in task.operands()] == task.labels().tolist()


def test_every_sign_is_a_token_of_power_et_al() -> None:
    assert set(SIGNS) <= set(FORMULAS)
    assert set(SIGNS.values()) <= set(OPENAI)
    assert len(OPENAI) == len(set(OPENAI)) == 2 + 20
    assert len(set(OPENAI_PERMUTATIONS)) == 120


@pytest.mark.parametrize(
    ("layout", "row", "labels"),
    [
        ("a b =", [3, 5, 97], 98),
        ("a b", [3, 5], 97),
        ("a op b", [3, 98, 5], 102),
        ("a op b =", [3, 98, 5, 97], 102),
        ("a = b", [3, 97, 5], 102),
        ("a b = c", [3, 5, 97], 98),
        ("openai operands", [3, 5], 239),
    ],
)
def test_layouts(layout: str, row: list[int], labels: int) -> None:
    """Row (3, 5) of addition modulo 97; 102 tokens are those of Furuta et al. 2024, 239 those of Power et al. 2022."""
    task = Modular(p=97, layout=layout)  # type: ignore[arg-type]
    assert task.inputs()[3 * 97 + 5].tolist() == row
    assert task.vocabulary == task.classes == len(task.token_labels) == labels
    assert Modular(p=97, layout=layout, loss_classes="numbers").classes == 97  # type: ignore[arg-type]
    assert task.token_labels[:97] == tuple(map(str, range(97)))
    assert task.operands().tolist() == [[a, b] for a in range(97) for b in range(97)]


def test_the_equation_of_power_et_al() -> None:
    task = Modular(p=97, operation="a^2+b", layout="openai equation")
    assert [task.token_labels[token] for token in task.inputs()[97 * 4 + 6]] == ["<|eos|>", "4", "**2+", "6", "="]
    assert task.vocabulary == 239


def test_operator_tokens() -> None:
    tokens = {name: Modular(p=97, operation=name, layout="a op b").inputs()[0, 1] for name in ("add", "subtract", "multiply", "divide")}  # type: ignore[arg-type]
    assert tokens == {"add": 98, "subtract": 99, "multiply": 100, "divide": 101}
    assert Modular(p=5, layout="a op b").token_labels == ("0", "1", "2", "3", "4", *FURUTA)


def test_the_answer_may_follow_what_is_read() -> None:
    task = Modular(p=109, operation="add-squares", layout="a b = c")
    assert task.sequences()[109 + 2].tolist() == [1, 2, 109, 5]
    assert task.sequences()[:, :-1].tolist() == task.inputs().tolist()
    assert Modular(p=7).sequences().tolist() == Modular(p=7).inputs().tolist()


def test_spare_tokens_are_at_the_end_and_in_no_row() -> None:
    task = Modular(p=5, layout="a = b", spare_tokens=3)
    assert (task.vocabulary, task.classes, task.inputs().max()) == (13, 13, 5)
    assert task.token_labels[-3:] == ("<spare_0>", "<spare_1>", "<spare_2>")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"operation": "divide", "p": 12}, "division modulo primes only, and p = 12 is none; use 11 or 13"),
        ({"operation": "divide-or-subtract", "p": 4}, "use 3 or 5"),
        (
            {"operation": "a^3+ab", "layout": "a op b"},
            r"no operator token for this task, only \+, -, \*, /; use 'a b =' or 'a b' or 'a = b'",
        ),
        ({"operation": "2a+b", "layout": "openai equation"}, r"only \*, \*\*2\+, .*; use 'a b =' or .* or 'openai operands'$"),
        ({"domain": {"first_fraction": 0.001}}, "0.001 of 113 numbers leaves no first operand; use at least 0.009"),
        ({"domain": {"nonzero": True, "below": 1}}, "no operand is left"),
        ({"domain": {"belw": 1}}, "unknown key domain.belw; did you mean below"),
        ({"spare_tokens": -1}, "spare_tokens"),
    ],
)
def test_wrong_combinations_say_what_would_be_possible(values: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        Modular(**values)
    assert "\n" not in str(caught.value)


def test_the_fraction_that_the_error_names_is_enough() -> None:
    assert len(Modular(p=113, domain={"first_fraction": 0.009}).labels()) == 113  # type: ignore[arg-type]


def test_old_configs_mean_what_they_meant() -> None:
    old = Modular.model_validate_json('{"kind": "modular", "operation": "add", "p": 113, "layout": "a b =", "loss_classes": "vocab"}')
    assert old == Modular(p=113)
    assert parse(FORMULAS["add"]).operands == 2
