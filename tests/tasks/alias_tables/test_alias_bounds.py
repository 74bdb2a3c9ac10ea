"""How well the trained questions allow the others to be answered, against designs whose answer is known and a guesser who plays it out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mechgrok.tasks.alias_tables.alias_bounds import bounds
from mechgrok.tasks.aliases import Aliases

OPEN = Aliases(operation="residue", p=30, questions=6, held_out=0.5, partners=(2, 3, 4, 5, 7, 8, 9), ambiguous=True)


def of_set(task: Aliases, name: str) -> np.ndarray:
    return task.part_of_row() == task.part_names.index(name)


def held_out(task: Aliases, name: str) -> np.ndarray:
    return of_set(task, name) & ~task.trained_rows()


def test_a_question_about_a_sum_or_a_sum_of_squares_tells_all() -> None:
    """x, or x and -x, which have the same squares."""
    for operation in ("add", "add-squares"):
        task = Aliases(operation=operation, p=13, questions=4)
        assert (bounds(task)[held_out(task, "DtQ1")] == 1).all()


def test_who_was_told_nothing_guesses_the_commonest_remainder() -> None:
    """Of 0 .. 29, divided by 2, 3 or 5, each remainder as often as another; by 4: 0 and 1 eight times; by 7: 0 and 1 five times."""
    known = {2: 15, 3: 10, 4: 8, 5: 6, 7: 5, 8: 4, 9: 4}
    rows = held_out(OPEN, "Dt3")
    assert bounds(OPEN)[rows] == pytest.approx([known[partner] / 30 for partner in OPEN.operands()[rows, 1].tolist()])


def test_it_is_what_the_best_guesser_gets_who_plays_against_all_integers_that_fit() -> None:
    found, trained, about = bounds(OPEN), OPEN.trained_rows(), OPEN.integer_of_row()
    for row in np.flatnonzero(held_out(OPEN, "DfQ2")).tolist():
        integer, divisor = OPEN.operands()[row].tolist()
        told = [b for a, b in OPEN.operands()[(about == integer) & trained & of_set(OPEN, "DfQ2")].tolist()]
        fits = [n for n in range(30) if [n % b for b in told] == [integer % b for b in told]]
        best, _ = Counter(n % divisor for n in fits).most_common(1)[0]
        assert found[row] == pytest.approx(sum(n % divisor == best for n in fits) / len(fits))


def test_other_rows_have_none() -> None:
    rows = np.isin(OPEN.part_of_row(), [OPEN.part_names.index(name) for name in ("original", "DtQ1-definitions", "Df4-definitions")])
    assert np.isnan(bounds(OPEN)[rows]).all()
    assert np.isnan(bounds(Aliases(p=29, questions=6, form="any"))).all()
