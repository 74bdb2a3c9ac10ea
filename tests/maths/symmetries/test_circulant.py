"""The circulant deviation beside loops, and of matrices that are circulant, Hankel or neither."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mechgrok.maths.symmetries.circulant import deviation


@pytest.mark.parametrize("p", [4, 7])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("diagonal", [True, False])
def test_it_is_the_variance_of_shifted_columns(p: int, sign: int, diagonal: bool) -> None:
    """The paper's form: each row is shifted by its index, and the variances of the columns are added up."""
    A = np.random.default_rng(0).normal(size=(p, p)) + 1
    if not diagonal:
        A[range(p), range(p)] = np.nan
    shifted = np.stack([np.roll(row, -sign * i) for i, row in enumerate(A)])
    columns = [column[~np.isnan(column)] for column in shifted.T]
    expected = sum(((column - column.mean()) ** 2).sum() for column in columns if len(column)) / np.nansum(A**2)
    assert deviation(torch.from_numpy(A), sign, diagonal=diagonal) == pytest.approx(expected, rel=1e-12)


def test_circulant_and_hankel() -> None:
    profile = torch.tensor([3.0, -1, 4, 1, -5], dtype=torch.float64)
    place = torch.arange(5)
    circulant, hankel = profile[(place - place[:, None]) % 5], profile[(place + place[:, None]) % 5]
    assert deviation(circulant) == deviation(hankel, -1) == 0
    assert min(deviation(circulant, -1), deviation(hankel)) > 0.5


def test_the_identity_is_circulant_only_by_its_diagonal() -> None:
    assert deviation(torch.eye(5)) == 0
    assert np.isnan(deviation(torch.eye(5), diagonal=False))
