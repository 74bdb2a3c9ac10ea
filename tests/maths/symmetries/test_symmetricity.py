"""The triples are those of the released code."""

from __future__ import annotations

import itertools
import random

import torch

from mechgrok.maths.symmetries import symmetricity


def test_the_first_of_a_shuffle_of_nested_order() -> None:
    expected = list(itertools.product(range(13), repeat=3))
    random.Random(42).shuffle(expected)
    assert symmetricity.triples(13, 100).tolist() == [list(triple) for triple in expected[:100]]


def test_a_small_table_gives_each_of_its_triples_once() -> None:
    assert sorted(symmetricity.triples(2, 100).tolist()) == [list(triple) for triple in itertools.product(range(2), repeat=3)]


def test_a_huge_table_gives_distinct_ones_at_once() -> None:
    found = symmetricity.triples(401, 100)
    assert found.shape == (100, 3)
    assert len(torch.unique(found, dim=0)) == 100
    assert int(found.max()) > 300
    assert int(found.min()) >= 0


def test_just_above_ten_million_it_is_a_sample() -> None:
    """216^3 = 10 077 696; a number n stands for the n-th triple in nested order."""
    numbers = random.Random(42).sample(range(216**3), 20)
    nested = [[n // 216**2, n // 216 % 216, n % 216] for n in numbers]
    assert symmetricity.triples(216, 20).tolist() == nested


def test_the_callers_random_numbers_are_left_alone() -> None:
    random.seed(1)
    before = random.getstate()
    symmetricity.triples(5, 7)
    assert random.getstate() == before
