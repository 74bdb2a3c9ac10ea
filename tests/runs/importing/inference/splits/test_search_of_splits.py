"""Splits that are found by recorded losses and accuracies."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import floor

import numpy as np
import pytest
import torch

from mechgrok.errors import UserError
from mechgrok.runs.importing.inference.splits.rules import KINDS
from mechgrok.runs.importing.inference.splits.search import Records, search

ROWS = 121


def by_python(rows: int, seed: int) -> list[int]:
    order = list(range(rows))
    random.seed(seed)
    random.shuffle(order)
    return order


def by_numpy(rows: int, seed: int) -> list[int]:
    order = np.arange(rows)
    np.random.seed(seed)
    np.random.shuffle(order)
    return order.tolist()


def by_torch(rows: int, seed: int) -> list[int]:
    return torch.randperm(rows, generator=torch.Generator().manual_seed(seed)).tolist()


def memorised(train: list[int], noise: float = 0.0) -> Records:
    """Records of a network that knows its train rows and nothing else; `noise` changes the recorded losses relatively."""
    generator = np.random.default_rng(0)
    is_train = np.isin(np.arange(ROWS), train)
    loss = np.where(is_train, generator.uniform(0.001, 0.02, ROWS), generator.uniform(3, 12, ROWS))
    right = np.where(is_train, 1.0, generator.random(ROWS) < 0.1)
    losses = {"train": loss[is_train].mean() * (1 + noise), "test": loss[~is_train].mean() * (1 - noise)}
    return Records(loss, right, losses, {"train": 1.0, "test": right[~is_train].mean()})


@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize(
    ("kind", "order", "fraction", "size"),
    [
        ("python-shuffle", by_python, 0.3, int(0.3 * ROWS)),
        ("numpy-shuffle", by_numpy, 0.4, int(0.4 * ROWS)),
        ("torch-randperm", by_torch, 0.8, int(0.8 * ROWS)),
        ("torch-random-split", by_torch, 0.7, ROWS - floor(0.3 * ROWS)),
    ],
)
def test_kind_seed_and_fraction_are_found(
    kind: str, order: Callable[[int, int], list[int]], fraction: float, size: int, noise: float
) -> None:
    """The rows are drawn by the libraries themselves."""
    train = order(ROWS, 42)[:size]
    rule, note = search(memorised(train, noise), list(KINDS), None, None)
    assert sorted(np.flatnonzero(rule.mask(ROWS)).tolist()) == sorted(train)
    assert rule.seed == 42
    assert f"{size} of {ROWS} rows" in note
    found, _ = search(memorised(train, noise), [kind], fraction, None)
    assert (type(found), found.seed) == (KINDS[kind], 42)


def test_a_threshold_on_a_permutation_is_found() -> None:
    numbers = np.array(by_torch(ROWS, 7))
    train = np.flatnonzero(numbers > 0.25 * ROWS).tolist()
    rule, _ = search(memorised(train), list(KINDS), None, None)
    assert np.flatnonzero(rule.mask(ROWS)).tolist() == train


def test_a_rounded_up_size_is_found() -> None:
    """0.95 * 121 = 114.95, which int() makes 114 and round() 115."""
    train = by_torch(ROWS, 3)[:115]
    rule, _ = search(memorised(train), list(KINDS), None, None)
    assert rule.mask(ROWS).sum() == 115


def test_accuracies_alone_determine_a_memorised_split() -> None:
    records = memorised(by_numpy(ROWS, 5)[:60])
    rule, _ = search(Records(records.loss, records.right, {}, records.accuracies), list(KINDS), 0.5, None)
    assert (type(rule), rule.seed) == (KINDS["numpy-shuffle"], 5)


def test_a_number_of_train_rows_replaces_the_fraction() -> None:
    rule, _ = search(memorised(by_python(ROWS, 9)[:37]), ["python-shuffle"], None, 37)
    assert (rule.seed, int(rule.mask(ROWS).sum())) == (9, 37)


def test_a_split_of_another_kind_is_not_found() -> None:
    train = np.random.default_rng(1).permutation(ROWS)[:40].tolist()
    with pytest.raises(UserError, match="that give the recorded losses: none; give the seed"):
        search(memorised(train), list(KINDS), None, None)


def test_a_network_that_is_right_everywhere_determines_no_split() -> None:
    """Every split gives equal losses."""
    records = Records(np.full(ROWS, 0.01), np.ones(ROWS), {"train": 0.01, "test": 0.01}, {"train": 1.0, "test": 1.0})
    with pytest.raises(UserError, match=r"that give the recorded losses: .* 0, .*; give the seed"):
        search(records, list(KINDS), None, None)
