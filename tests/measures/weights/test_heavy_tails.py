"""heavy-tails of planted spectra, and of entries whose order or size makes outliers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from planted import architecture, measured, table
from torch import Tensor

from mechgrok.engine.outcomes import Result
from mechgrok.measures.weights.heavy_tails import HeavyTails
from mechgrok.runs.snapshot import Snapshot


def of_embedding(numbers: Tensor) -> Result:
    """The measure of a network whose only matrix is W_E, with '=' elsewhere."""
    W_E = torch.cat([numbers, torch.full((1, numbers.shape[1]), 100.0, dtype=torch.float64)])
    p, width = numbers.shape
    shape = vars(architecture(p, width)) | {"attn_only": True}
    return measured(HeavyTails(), Snapshot(table(p), type(architecture(p))(**shape), {"embed.W_E": W_E}, 0))


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def test_the_exponent_is_that_of_the_eigenvalues() -> None:
    """Eigenvalues (1 - u)^(-1 / (alpha - 1)) at evenly spaced u have the exponent alpha."""
    eigenvalues = (1 - np.arange(100) / 100) ** (-1 / 1.5)
    left, right = (torch.linalg.qr(normal(side, 100))[0] for side in (151, 100))
    found = of_embedding(left @ torch.diag(torch.from_numpy(eigenvalues * 151).sqrt()) @ right.T)
    assert found.headline["alpha"]["W_E"] == found.headline["mean_alpha"] == pytest.approx(2.5, abs=0.1)
    row = found.table.iloc[0]
    assert row["largest"] == pytest.approx(eigenvalues.max())
    assert row["tail"] > 80


def test_noise_has_no_trap_and_a_large_entry_is_one() -> None:
    noise = normal(60, 40)
    assert of_embedding(noise).headline["traps"] == 0
    noise[3, 5] = 60.0
    assert of_embedding(noise).headline["traps"] == 1


def test_structure_and_a_mean_are_no_traps() -> None:
    """Both make an outlier of the matrix itself; shuffling removes the first, and the mean is taken off."""
    wave = torch.cos(torch.arange(60).double())[:, None] * torch.sin(torch.arange(40).double())
    for matrix in (normal(60, 40) + 3 * wave, normal(60, 40) + 5):
        found = of_embedding(matrix)
        assert found.headline["traps"] == 0
        assert found.table["largest"].iloc[0] > 2 * found.table["edge"].iloc[0]


def test_too_few_eigenvalues_say_so() -> None:
    result = of_embedding(normal(30, 9))
    assert "10 different eigenvalues" in result.missing["mean_alpha"]
    assert result.headline["alpha"] == {}
