"""Modular arithmetic: the table's order, its labels written out, and the algebra of its phase."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechgrok.errors import UserError
from mechgrok.tasks.charts import chart
from mechgrok.tasks.modular import Modular

BY_HAND = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "add-squares": lambda a, b: a**2 + b**2,
    "multiply": lambda a, b: a * b,
}
moduli = st.integers(2, 40)
operations = st.sampled_from(sorted(BY_HAND))


@given(moduli)
@settings(deadline=None, max_examples=20)
def test_rows_are_all_ordered_pairs_in_order_and_then_the_equals_token(p: int) -> None:
    assert Modular(p=p).inputs().tolist() == [[a, b, p] for a in range(p) for b in range(p)]


@given(moduli)
@settings(deadline=None, max_examples=20)
def test_without_the_equals_token_rows_are_the_bare_pairs(p: int) -> None:
    task = Modular(p=p, layout="a b")
    assert task.inputs().tolist() == task.operands().tolist() == [[a, b] for a in range(p) for b in range(p)]
    assert (task.numbers, task.vocabulary) == (p, p)
    assert {Modular(p=p, layout="a b", loss_classes=classes).classes for classes in ("vocab", "numbers")} == {p}
    assert task.labels().tolist() == Modular(p=p).labels().tolist()


@given(moduli, operations)
@settings(deadline=None, max_examples=30)
def test_labels_are_in_range_and_right(p: int, operation: str) -> None:
    labels = Modular(p=p, operation=operation).labels()
    assert labels.tolist() == [BY_HAND[operation](a, b) % p for a in range(p) for b in range(p)]
    assert labels.dtype == np.int64


@given(moduli, operations, st.integers(0, 100), st.integers(0, 100))
@settings(deadline=None, max_examples=30)
def test_the_phase_is_a_homomorphism(p: int, operation: str, x: int, y: int) -> None:
    """For a + b and a - b: moving a by x and b by y moves the phase by x + y or x - y, everywhere."""
    phase = Modular(p=p, operation=operation).phase().reshape(p, p)
    assert phase.min() >= 0
    assert phase.max() < p
    if operation in ("add", "subtract"):
        moved = np.roll(phase, (-x, -y), (0, 1))
        assert ((moved - phase) % p == BY_HAND[operation](x, y) % p).all()
    else:
        assert (phase == phase.T).all()
        assert (phase == np.roll(phase[::-1, ::-1], (1, 1), (0, 1))).all(), "a^2 = (-a)^2 and a b = (-a) (-b)"


@pytest.mark.parametrize(
    ("operation", "corner"), [("add", [2, 0, 1]), ("subtract", [2, 1, 0]), ("add-squares", [4, 5, 1]), ("multiply", [0, 2, 1])]
)
def test_known_entries(operation: str, corner: list[int]) -> None:
    """Row 2 p of the table is (2, 0), then (2, 1), (2, 2)."""
    p = 3 if operation != "add-squares" else 7
    labels = Modular(p=p, operation=operation).labels()
    assert labels[2 * p : 2 * p + 3].tolist() == corner


def test_sums_and_differences_are_uniform_and_squares_and_products_are_not() -> None:
    counts = {name: np.bincount(Modular(p=7, operation=name).phase(), minlength=7).tolist() for name in BY_HAND}
    assert counts == {"add": [7] * 7, "subtract": [7] * 7, "add-squares": [1, *[8] * 6], "multiply": [13, *[6] * 6]}


def test_products_are_sums_of_logarithms() -> None:
    assert {name: Modular(operation=name).basis for name in BY_HAND} == {**dict.fromkeys(BY_HAND, "additive"), "multiply": "multiplicative"}
    found = chart("multiplicative", 7)
    logarithm = found.elements(7)
    task = Modular(p=7, operation="multiply")
    pairs, labels = logarithm[task.operands()], logarithm[task.labels()]
    units = (pairs >= 0).all(1)
    assert (pairs[units].sum(1) % 6 == labels[units]).all()
    assert (labels[~units] == -1).all()


def test_the_equals_token_counts_among_the_classes_unless_said() -> None:
    """Trap: the paper's loss is over p + 1 logits."""
    assert (Modular().numbers, Modular().vocabulary, Modular().classes) == (113, 114, 114)
    numbers = Modular(p=5, loss_classes="numbers")
    assert (numbers.numbers, numbers.vocabulary, numbers.classes) == (5, 6, 5)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"p": 1}, "p: .*greater than or equal to 2"),
        ({"p": 46_341}, "2 operands modulo 46341 make 2147488281 rows; at most 2147483648 are possible: choose a smaller p"),
        ({"p": 7.5}, "p: .*integer"),
        ({"operation": "modulo"}, "operation: .*'add'"),
        ({"layout": "a b c ="}, "layout"),
        ({"loss_classes": "all"}, "loss_classes"),
        ({"modulus": 7}, "unknown key modulus"),
        ({"oparation": "add"}, "did you mean operation"),
    ],
)
def test_wrong_values_are_refused_in_one_line(values: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        Modular(**values)
    assert "\n" not in str(caught.value)


def test_a_task_is_frozen() -> None:
    with pytest.raises(Exception, match="frozen"):
        Modular().p = 7  # type: ignore[misc]
