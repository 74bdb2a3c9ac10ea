"""Tables that lack rows, against lists made by hand."""

from __future__ import annotations

import random
from itertools import product

import pytest

from mechgrok.tasks.domain import Domain
from mechgrok.tasks.k_wise import KWise
from mechgrok.tasks.modular import Modular


def test_all_rows_by_default() -> None:
    assert Domain().rows(4, 3).tolist() == [list(row) for row in product(range(4), repeat=3)]


def test_without_zero() -> None:
    assert Domain(nonzero=True).rows(4, 2).tolist() == [[a, b] for a in (1, 2, 3) for b in (1, 2, 3)]


def test_unordered_pairs() -> None:
    assert Domain(ascending=True).rows(4, 2).tolist() == [[a, b] for a in range(4) for b in range(a, 4)]
    assert len(Domain(ascending=True).rows(5, 3)) == 35, "(5 + 2 over 3) multisets"


@pytest.mark.parametrize(("p", "share", "count"), [(97, 0.1, 9), (31, 0.5, 15), (7, 0.3, 2), (7, 0.15, 1)])
def test_the_first_operand_is_drawn_as_python_draws(p: int, share: float, count: int) -> None:
    state = random.getstate()
    random.seed(3)
    drawn = random.sample(range(p), int(share * p))
    random.setstate(state)
    rows = Domain(first_fraction=share, first_seed=3).rows(p, 2)
    assert len(drawn) == count
    assert rows.tolist() == [[a, b] for a in sorted(drawn) for b in range(p)]


def test_the_known_draw() -> None:
    """Pinned: the same seed gives the same operands for ever."""
    assert Domain(first_fraction=0.1).numbers(97)[0].tolist() == [5, 33, 38, 49, 51, 53, 61, 62, 65]


def test_sums_that_never_wrap_around() -> None:
    """x + y without a modulus: modulo 2 p - 1 with operands below p."""
    task = Modular(p=9, domain=Domain(below=5))
    assert task.labels().tolist() == [a + b for a in range(5) for b in range(5)]


def test_several_limits_at_once() -> None:
    rows = Domain(nonzero=True, below=4, ascending=True, first_fraction=0.5).rows(10, 2)
    first = set(random.Random(0).sample(range(10), 5)) & {1, 2, 3}
    assert rows.tolist() == [[a, b] for a in sorted(first) for b in range(a, 4)]


def test_it_limits_sums_of_several() -> None:
    task = KWise(p=5, terms=3, domain=Domain(first_fraction=0.4))
    assert len(task.labels()) == 2 * 25
    assert len(set(task.operands()[:, 0].tolist())) == 2
