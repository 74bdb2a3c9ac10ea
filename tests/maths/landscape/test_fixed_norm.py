"""Descent on a sphere towards known minima."""

from __future__ import annotations

import pytest
import torch

from mechgrok.maths.landscape.fixed_norm import descend_at_norm


def test_the_smallest_quadratic_form_is_along_its_smallest_eigenvector() -> None:
    turn = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64))[0]
    A = turn @ torch.diag(torch.tensor([1.0, 3, 5, 7, 9], dtype=torch.float64)) @ turn.T
    start = {"x": torch.ones(2, dtype=torch.float64), "y": torch.ones(3, dtype=torch.float64)}

    def loss(weights: dict[str, torch.Tensor]) -> torch.Tensor:
        w = torch.cat([weights["x"], weights["y"]])
        return w @ A @ w

    *_, found = descend_at_norm(loss, start, 2.0, 300, 1e-2)  # type: ignore[arg-type]
    w = torch.cat([found["x"], found["y"]])
    assert float(w.norm()) == pytest.approx(2, rel=1e-12)
    assert float(w @ A @ w) == pytest.approx(4, abs=0.01)
    assert start["x"].tolist() == [1, 1], "the weights that are given stay"


def test_without_steps_the_weights_are_scaled() -> None:
    *_, found = descend_at_norm(lambda weights: weights["w"].sum(), {"w": torch.tensor([3.0, 4.0])}, 10.0, 0, 0.1)
    assert found["w"].tolist() == pytest.approx([6, 8])
