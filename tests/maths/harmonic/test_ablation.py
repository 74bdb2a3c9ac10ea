"""Frequencies taken out, against complex transforms with the same cells."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.maths.harmonic import ablation, fourier

CASES = [(2, [1]), (3, [1]), (7, [2]), (7, [1, 3]), (8, [4]), (8, [1, 4]), (13, [1, 2, 3, 4, 5, 6])]


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize(("p", "keys"), CASES)
class TestAgainstComplexTransforms:
    def test_rows(self, p: int, keys: list[int]) -> None:
        values = noise(4, p)
        kept = [k in keys or p - k in keys for k in range(p)]
        expected = np.fft.ifft(np.fft.fft(values.numpy(), axis=1) * kept, axis=1).real
        assert ablation.part_of_rows(values, keys).numpy() == pytest.approx(expected, abs=1e-12)

    def test_blocks(self, p: int, keys: list[int]) -> None:
        """(k, 0), (0, l) and (k, +-k), for keys, not (k, l) of two different keys and not the mean."""
        values = noise(p, p, 3)
        cells = np.zeros((p, p))
        for k in keys:
            for i in (0, k, p - k):
                for j in (0, k, p - k):
                    cells[i, j] = i + j > 0
        expected = np.fft.ifft2(np.fft.fft2(values.numpy(), axes=(0, 1)) * cells[:, :, None], axes=(0, 1)).real
        assert ablation.part_of_grid(values, keys).numpy() == pytest.approx(expected, abs=1e-12)


def test_the_energy_of_a_block_is_what_the_neuron_measure_calls_explained() -> None:
    values = noise(9, 9, 5)
    explained, _ = fourier.grid_power(values)
    for k in range(1, 5):
        energy = ablation.part_of_grid(values, [k]).square().sum((0, 1))
        assert energy.tolist() == pytest.approx(explained[k - 1].tolist(), rel=1e-12)


def test_no_frequencies_explain_nothing() -> None:
    assert ablation.part_of_rows(noise(2, 5), []).tolist() == [[0.0] * 5] * 2
    assert not ablation.part_of_grid(noise(5, 5, 2), []).any()


def test_the_last_axis_is_the_one_whatever_comes_before() -> None:
    values = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.allclose(ablation.part_of_rows(values, [2]), torch.stack([ablation.part_of_rows(each, [2]) for each in values]))
