"""Functions of (a, b) with a known antisymmetric part."""

from __future__ import annotations

import math

import pytest
import torch

from mechgrok.maths.symmetries.symmetry import asymmetry


def test_it_is_twice_the_share_of_the_antisymmetric_part() -> None:
    """N = S + A, S and A orthogonal: |N - N^T| / |N| = 2 |A| / sqrt(|S|^2 + |A|^2), over all outputs at once."""
    draw = torch.randn(6, 6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    S, A = draw + draw.transpose(0, 1), draw - draw.transpose(0, 1)
    S, A = S / S.norm(), A / A.norm()
    assert asymmetry(S) == 0
    assert asymmetry(A) == pytest.approx(2, rel=1e-14)
    assert asymmetry(4 * S + 3 * A) == pytest.approx(2 * 3 / 5, rel=1e-13)


def test_zeros_have_none() -> None:
    assert math.isnan(asymmetry(torch.zeros(3, 3, 2)))
