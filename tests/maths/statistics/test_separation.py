"""Distances between and within classes beside loops, and the entropy of planted covariances."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from mechgrok.maths.statistics.separation import class_distances, normalised_entropy


def test_distances_are_those_of_loops_over_pairs_and_points() -> None:
    generator = np.random.default_rng(0)
    points, labels = generator.normal(size=(40, 3)) + 100, generator.integers(0, 6, 40) * 2
    centres = {c: points[labels == c].mean(0) for c in set(labels.tolist())}
    pairs = [float(((centres[x] - centres[y]) ** 2).sum()) for x, y in itertools.combinations(centres, 2)]
    inner = [float(((x - centres[c]) ** 2).sum()) for x, c in zip(points, labels.tolist(), strict=True)]
    found = class_distances(torch.from_numpy(points), torch.from_numpy(labels))
    assert found == pytest.approx((np.mean(pairs), np.mean(inner)), rel=1e-9)


def test_random_points_have_the_ratio_of_chance() -> None:
    """2 / (m - 1) for m points of each class."""
    points = torch.randn(50 * 9, 400, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    between, within = class_distances(points, torch.arange(50).repeat(9))
    assert between / within == pytest.approx(2 / 8, rel=0.02)


def test_one_class_has_no_distance_between() -> None:
    between, within = class_distances(torch.tensor([[0.0], [2.0]]), torch.tensor([4, 4]))
    assert (math.isnan(between), within) == (True, 1.0)


def test_entropy_of_equal_directions_is_that_of_their_number() -> None:
    """m of d directions with equal variance: log m / log d, wherever the points lie and however they are turned."""
    corners = torch.tensor(list(itertools.product([-1.0, 1.0], repeat=3)), dtype=torch.float64)
    turn, _ = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    for m in (1, 2, 3):
        flat = torch.nn.functional.pad(corners[:, :m], (0, 8 - m))
        assert normalised_entropy(flat @ turn * 5 + 7) == pytest.approx(math.log(m) / math.log(8), abs=1e-9)
    assert math.isnan(normalised_entropy(torch.full((5, 3), 1000 / 3, dtype=torch.float64)))
