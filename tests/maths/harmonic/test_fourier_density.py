"""FFD and FCR: matrices made of basis rows, and the definitions written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier
from mechgrok.maths.harmonic.fourier_density import coefficient_ratio, cosines_and_sines, frequency_density


def made_of(p: int, components: dict[int, float], constant: float = 7.0) -> Tensor:
    """Amplitude times basis row, each in a feature of its own, and a constant."""
    matrix = torch.full((p, len(components)), constant, dtype=torch.float64)
    for feature, (row, amplitude) in enumerate(components.items()):
        matrix[:, feature] += amplitude * fourier.basis(p)[row]
    return matrix


def by_definition(matrix: np.ndarray, eta: float) -> tuple[float, float]:
    """Equations of the paper with a complex transform, for odd p."""
    p = len(matrix)
    transform = np.fft.fft(matrix, axis=0)[1 : p // 2 + 1]
    mu, nu = np.linalg.norm(transform.real, axis=1), np.linalg.norm(transform.imag, axis=1)
    density = ((mu / mu.max() > eta).sum() + (nu / nu.max() > eta).sum()) / (2 * (p // 2))
    return float(density), float(np.minimum(mu / nu, nu / mu).mean())


@pytest.mark.parametrize("eta", [0.1, 0.5, 0.9])
def test_the_definition(eta: float) -> None:
    matrix = torch.randn(31, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    pair = cosines_and_sines(matrix)
    assert (frequency_density(*pair, eta), coefficient_ratio(*pair)) == pytest.approx(by_definition(matrix.numpy(), eta), rel=1e-12)


def test_maxima_of_cosines_and_sines_are_apart() -> None:
    """Rows 1 and 3 are cosines of size 10 and 6, row 2 a sine of size 1: with a common maximum the sine would be small."""
    cosine, sine = cosines_and_sines(made_of(13, {1: 10.0, 3: 6.0, 2: 1.0}))
    assert frequency_density(cosine, sine, 0.5) == pytest.approx(3 / 12, rel=1e-14)


def test_the_threshold_is_strict() -> None:
    cosine, sine = cosines_and_sines(made_of(13, {1: 2.0, 3: 1.01, 5: 0.99}))
    assert frequency_density(cosine, sine, 0.5) == pytest.approx(2 / 12, rel=1e-14)
    assert frequency_density(torch.tensor([2.0, 1.0]), torch.tensor([1.0, 1.0]), 0.5) == 0.75
    assert frequency_density(torch.tensor([1.0, 1.0]), torch.tensor([2.0, 1.0]), 0.5) == 0.75


def test_ratio_whichever_is_larger() -> None:
    """Frequency 1 has cosine 3 and sine 4, frequency 2 has cosine 5 and sine 1; those without power have no ratio."""
    pair = cosines_and_sines(made_of(13, {1: 3.0, 2: 4.0, 3: 5.0, 4: 1.0}))
    assert coefficient_ratio(*pair) == pytest.approx((3 / 4 + 1 / 5) / 2, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_unit_of_the_matrix_does_not_matter(scale: float) -> None:
    """What is rounding stays so, and what is not."""
    pair = cosines_and_sines(scale * made_of(13, {1: 3.0, 2: 4.0, 3: 5.0, 4: 1.0}))
    assert coefficient_ratio(*pair) == pytest.approx((3 / 4 + 1 / 5) / 2, rel=1e-9)


def test_cosines_alone() -> None:
    pair = cosines_and_sines(made_of(13, {1: 3.0, 5: 3.0}))
    assert coefficient_ratio(*pair) == 0
    assert frequency_density(*pair) == pytest.approx(2 / 12, rel=1e-14)


def test_the_last_frequency_of_an_even_p_has_no_sine() -> None:
    """p = 8: cosines 1 to 4, sines 1 to 3. Row 7 is the alternating one."""
    cosine, sine = cosines_and_sines(made_of(8, {1: 1.0, 2: 1.0, 7: 1.0}))
    assert (len(cosine), len(sine)) == (4, 3)
    assert cosine[3] == pytest.approx(1, rel=1e-14)
    assert frequency_density(cosine, sine) == pytest.approx(3 / 7, rel=1e-14)
    assert coefficient_ratio(cosine, sine) == pytest.approx(1, rel=1e-12)


def test_modulo_two_has_no_ratio() -> None:
    pair = cosines_and_sines(made_of(2, {1: 1.0}))
    assert frequency_density(*pair) == 1
    assert math.isnan(coefficient_ratio(*pair))
