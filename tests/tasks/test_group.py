"""Products in finite groups: the table's order, its labels by other means, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from sympy.combinatorics import Permutation

from mechgrok.errors import UserError
from mechgrok.tasks.group import LIMITS, GroupTask


def test_rows_are_all_ordered_pairs_in_order_and_then_the_equals_token() -> None:
    assert GroupTask(n=3).inputs().tolist() == [[a, b, 6] for a in range(6) for b in range(6)]


@pytest.mark.parametrize("operation", ["compose", "conjugate", "aba"])
def test_labels_are_sympys_products(operation: str) -> None:
    """Sympy multiplies from the left: its b * a is a b here."""
    task = GroupTask(group="symmetric", n=4, operation=operation)  # type: ignore[arg-type]
    words = [Permutation(each.tolist()) for each in task.structure.elements]
    after = {"compose": lambda a: a**0, "conjugate": lambda a: a**-1, "aba": lambda a: a}[operation]
    assert [words[label] for label in task.labels()] == [after(a) * b * a for a in words for b in words]
    assert task.labels().dtype == np.int64


def test_the_first_operand_is_conjugated_with() -> None:
    """S3: (021) turns (102) into (210), since it swaps 1 and 2."""
    labels = GroupTask(n=3, operation="conjugate").labels().reshape(6, 6)
    assert GroupTask(n=3).structure.labels[labels[1, 2]] == "210"
    assert (labels[0] == np.arange(6)).all()
    assert (labels[:, 0] == 0).all()


@pytest.mark.parametrize("operation", ["compose", "conjugate", "aba"])
@pytest.mark.parametrize(("group", "n"), [("symmetric", 4), ("dihedral", 5), ("alternating", 4), ("cyclic", 9)])
def test_every_label_occurs_once_for_each_first_operand(group: str, n: int, operation: str) -> None:
    """What lets the measures average over the rows of a label without weights."""
    task = GroupTask(group=group, n=n, operation=operation)  # type: ignore[arg-type]
    labels = task.labels().reshape(task.numbers, task.numbers)
    assert (np.sort(labels, 1) == np.arange(task.numbers)).all()
    assert (task.phase() == task.labels()).all()


def test_cyclic_groups_are_addition() -> None:
    from mechgrok.tasks.modular import Modular

    assert (GroupTask(group="cyclic", n=7).labels() == Modular(p=7).labels()).all()


def test_only_sums_have_a_cyclic_basis() -> None:
    assert GroupTask(group="cyclic", n=7).basis == "additive"
    assert GroupTask(group="cyclic", n=7, operation="aba").basis is None
    assert {GroupTask(group=group, n=4).basis for group in ("symmetric", "dihedral", "alternating")} == {None}


def test_other_layouts() -> None:
    bare, equation = GroupTask(n=3, layout="a b"), GroupTask(layout="openai equation", operation="conjugate")
    assert bare.inputs().tolist() == [[a, b] for a in range(6) for b in range(6)]
    assert (bare.vocabulary, bare.classes, equation.vocabulary) == (6, 6, 239)
    row = [equation.token_labels[token] for token in equation.inputs()[120 + 3]]
    assert row == ["<|eos|>", equation.structure.labels[1], "s5conj", equation.structure.labels[3], "="]
    assert (equation.labels() == GroupTask(operation="conjugate").labels()).all()
    assert GroupTask(n=3).token_labels == (*GroupTask(n=3).structure.labels, "=")


def test_products_commute_in_cyclic_groups_alone() -> None:
    assert GroupTask(group="cyclic", n=6).symmetric
    assert not GroupTask(n=3).symmetric


def test_sizes() -> None:
    sizes = {(group, n): GroupTask(group=group, n=n).numbers for group, limits in LIMITS.items() for n in limits}
    assert sizes == {
        ("symmetric", 2): 2,
        ("symmetric", 5): 120,
        ("dihedral", 2): 4,
        ("dihedral", 100): 200,
        ("alternating", 3): 3,
        ("alternating", 5): 60,
        ("cyclic", 2): 2,
        ("cyclic", 200): 200,
    }
    assert (GroupTask().numbers, GroupTask().vocabulary, GroupTask().classes) == (120, 121, 121)
    assert GroupTask(n=3, loss_classes="numbers").classes == 6


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"n": 6}, "symmetric groups here go from n = 2 to 5; n is 6"),
        ({"group": "alternating", "n": 2}, "from n = 3 to 5; n is 2"),
        ({"group": "dihedral", "n": 101}, "from n = 2 to 100"),
        ({"group": "cyclic", "n": 201}, "n: .*less than or equal to 200"),
        ({"n": 1}, "n: .*greater than or equal to 2"),
        ({"group": "quaternion"}, "group: .*'dihedral'"),
        ({"operation": "add"}, "operation: .*'aba'"),
        ({"p": 7}, "unknown key p"),
        ({"n": 4, "layout": "openai equation"}, "the permutations of 5 points only"),
    ],
)
def test_wrong_values_are_refused_in_one_line(values: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        GroupTask(**values)
    assert "\n" not in str(caught.value)
