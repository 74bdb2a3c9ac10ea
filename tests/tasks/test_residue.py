"""Remainders of integers, against division written out, and against what aliases say of the same rows."""

from __future__ import annotations

import numpy as np

from mechgrok.tasks.aliases import Aliases
from mechgrok.tasks.residue import Residue


def test_every_row_leaves_what_repeated_subtraction_leaves() -> None:
    task = Residue(p=13)
    for (a, b, equals), label in zip(task.inputs().tolist(), task.labels().tolist(), strict=True):
        rest = a
        while rest >= b:
            rest -= b
        assert (rest, equals) == (label, 13)


def test_every_pair_is_there_once_but_none_divides_by_0() -> None:
    assert Residue(p=6).operands().tolist() == [[a, b] for a in range(6) for b in range(1, 6)]


def test_it_follows_no_group() -> None:
    task = Residue(p=7)
    assert (task.basis, task.symmetric, task.polynomial, task.structure) == (None, False, None, None)
    assert task.token_labels == (*map(str, range(7)), "=")


def test_it_is_what_aliases_call_original() -> None:
    """A parent that knows these rows knows those that are rehearsed."""
    child, parent = Aliases(operation="residue", p=11, questions=3), Residue(p=11)
    original = child.part_of_row() == child.part_names.index("original")
    assert np.array_equal(child.inputs()[original], parent.inputs())
    assert np.array_equal(child.labels()[original], parent.labels())
