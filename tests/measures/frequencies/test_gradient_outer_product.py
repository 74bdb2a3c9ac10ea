"""gradient-outer-product beside differences of logits, and of cosines in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from planted import measured
from slopes import P, network

from mechgrok.measures.frequencies.gradient_outer_product import GradientOuterProduct
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.verification.zoo import clock


def block(table, name: str) -> np.ndarray:
    return table[table["block"] == name].pivot(index="i", columns="j", values="value").to_numpy()


def test_it_agrees_with_differences_of_the_logits() -> None:
    """An embedding added to the residual stream at an operand's position is one added to the position's embedding."""
    snapshot, step = network(), 1e-5
    W_E, W_pos = (snapshot.weights[name] for name in ("embed.W_E", "pos_embed.W_pos"))

    def slope(position: int, token: int) -> np.ndarray:
        ends = []
        for sign in (1, -1):
            moved = W_pos.clone()
            moved[position] += sign * step * W_E[token]
            ends.append(snapshot.with_weights({"pos_embed.W_pos": moved}).logits.numpy())
        return (ends[0] - ends[1]) / (2 * step)

    slopes = np.array([[slope(position, token) for token in range(P)] for position in (0, 1)])
    slopes -= slopes.mean(1, keepdims=True)
    slopes -= slopes.mean(3, keepdims=True)
    found = measured(GradientOuterProduct(diagonals=P), snapshot).table
    for name, (i, j) in {"aa": (0, 0), "ab": (0, 1), "bb": (1, 1)}.items():
        expected = np.einsum("unc,vnc->uv", slopes[i], slopes[j]) / (P * P)
        assert block(found, name) == pytest.approx(expected, abs=1e-7 * np.abs(expected).max())


def test_a_clock_in_closed_form() -> None:
    """dL_c / dx_i = A cos w(i + b - c): aa has p / 2 A^2 cos w(i - j), ab its mean with i - j + b - a over the chosen a - b."""
    p, amplitudes = 11, {2: 3.0, 5: 1.0}
    circuit = clock.clock(p, amplitudes)
    task = clock.NETWORK.task.model_copy(update={"p": p})
    snapshot = Snapshot(Grid.of(task, None), circuit.model.architecture(task), circuit.weights(), 0)
    found = measured(GradientOuterProduct(diagonals=2, seed=3), snapshot)
    chosen = torch.randperm(p, generator=torch.Generator().manual_seed(3))[:2].tolist()
    i, j = np.mgrid[:p, :p]

    def waves(shift: int) -> np.ndarray:
        return sum(p / 2 * A**2 * np.cos(2 * np.pi * k * (i - j + shift) / p) for k, A in amplitudes.items())

    assert block(found.table, "aa") == pytest.approx(waves(0), abs=1e-9)
    cross = np.mean([waves(-d) for d in chosen], axis=0)
    assert block(found.table, "ab") == pytest.approx(cross, abs=1e-9)
    squares = 2 * (cross**2).sum()
    assert found.headline["cross_share"] == pytest.approx(squares / (squares + 2 * (waves(0) ** 2).sum()), rel=1e-9)
