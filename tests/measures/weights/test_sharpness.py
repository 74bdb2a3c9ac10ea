"""sharpness on planted networks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from planted import measured
from slopes import P, loss, network

from mechgrok.maths.landscape.sharpness import random_subspace
from mechgrok.measures.weights.sharpness import Sharpness


class TestSharpness:
    def test_against_every_corner(self) -> None:
        """Three dimensions: the loss in the 8 corners of the box, and nowhere between them can a box so small hide more."""
        snapshot = network()
        names = list(snapshot.weights)
        point = torch.cat([snapshot.weights[name].flatten() for name in names])
        rows = random_subspace(len(point), 3, torch.Generator().manual_seed(4)).numpy()
        widths = 1e-2 * (np.abs(rows @ point.numpy()) + 1)
        base, best = loss(snapshot, {}), -np.inf
        for signs in itertools.product([-1, 1], repeat=3):
            moved = point + torch.from_numpy(np.linalg.pinv(rows) @ (widths * signs))
            parts = moved.split([snapshot.weights[name].numel() for name in names])
            changed = {name: part.view_as(snapshot.weights[name]) for name, part in zip(names, parts, strict=True)}
            best = max(best, loss(snapshot, changed))
        found = measured(Sharpness(dimension=3, epsilon=1e-2, seed=4), snapshot).headline
        assert found["loss"] == pytest.approx(base, rel=1e-12)
        assert found["rise"] == pytest.approx(best - base, rel=1e-8)
        assert found["sharpness"] == pytest.approx(100 * (best - base) / (1 + base), rel=1e-8)
        assert loss(snapshot, {}, np.full(P * P, True)) != pytest.approx(base, rel=1e-2), "on the train rows"

    def test_a_wider_box_is_sharper_and_the_seed_decides(self) -> None:
        snapshot = network()
        values = [measured(Sharpness(epsilon=epsilon), snapshot).headline["sharpness"] for epsilon in (1e-4, 1e-3, 1e-2)]
        assert 0 < 5 * values[0] < values[1] < values[2] / 5
        assert measured(Sharpness(), snapshot).headline["sharpness"] == values[1]
        assert measured(Sharpness(seed=1), snapshot).headline["sharpness"] != pytest.approx(values[1], rel=1e-3)
