"""The split of logits into a function of c - phase and the rest, against sums written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mechgrok.maths.harmonic import cosines, fourier
from mechgrok.maths.symmetries import equivariance

P = 7
S = torch.arange(P * P) // P + torch.arange(P * P) % P


def logits(seed: int) -> torch.Tensor:
    return torch.randn(P * P, P, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def profile(L: torch.Tensor) -> torch.Tensor:
    return equivariance.profile(cosines.phase_sums(L, S % P, P), torch.full((P,), P))


def test_the_profile_is_a_mean_over_rows() -> None:
    L = logits(0)
    centred = (L - L.mean(1, keepdim=True)).numpy()
    expected = [np.mean([centred[n, (int(S[n]) + d) % P] for n in range(P * P)]) for d in range(P)]
    assert profile(L).tolist() == pytest.approx(expected, abs=1e-13)


def test_the_split_is_the_row_by_row_one() -> None:
    L, labels = logits(1), (3 * S + 1) % P
    g = profile(L)
    centred = L - L.mean(1, keepdim=True)
    R = torch.stack([centred[n] - g[(torch.arange(P) - int(S[n])) % P] for n in range(P * P)])
    worst = max(float(max(R[n, c] for c in range(P) if c != labels[n]) - R[n, labels[n]]) for n in range(P * P))
    found = equivariance.split([(L, S % P, labels)], g)
    assert found.square == pytest.approx(float(centred.square().sum()), rel=1e-13)
    assert found.residual_square == pytest.approx(float(R.square().sum()), rel=1e-13)
    assert found.imbalance == pytest.approx(worst, abs=1e-13)


def test_it_is_an_orthogonal_projection() -> None:
    """|L|^2 = n |g|^2 + |R|^2, and the rest has no profile; uncentred logits would break the first."""
    L = logits(2) + 5 * torch.randn(P * P, 1, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    g = profile(L)
    found = equivariance.split([(L, S % P, S % P)], g)
    assert found.square == pytest.approx(P * P * float(g.square().sum()) + found.residual_square, rel=1e-12)
    rest = L - g[(torch.arange(P) - S[:, None]) % P]
    assert profile(rest).abs().max() < 1e-13


def test_the_dft_of_the_profile_gives_the_cosine_coefficients() -> None:
    """<u_k, L> = sqrt(n / sum_d cos^2 w_k d) sum_d g(d) cos w_k d: two independent roads to the same numbers."""
    L = logits(4)
    sums, counts = cosines.phase_sums(L, S % P, P), torch.full((P,), P)
    g = equivariance.profile(sums, counts)
    waves = torch.stack([torch.cos(fourier.angles(P, k)) for k in fourier.frequencies(P)])
    expected = (waves @ g) * (P * P / waves.square().sum(1)).sqrt()
    assert cosines.cube_coefficients(sums, counts).tolist() == pytest.approx(expected.tolist(), abs=1e-12)


def test_many_rows_are_taken_some_at_a_time() -> None:
    L, chunk = logits(5), equivariance.ROWS_AT_ONCE
    whole = equivariance.split([(L, S % P, S % P)], profile(L))
    try:
        equivariance.ROWS_AT_ONCE = 10
        parts = equivariance.split([(L, S % P, S % P)], profile(L))
    finally:
        equivariance.ROWS_AT_ONCE = chunk
    assert vars(parts) == pytest.approx(vars(whole), rel=1e-13)
