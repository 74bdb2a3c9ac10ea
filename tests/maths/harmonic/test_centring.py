"""Energies and fractions of variance against their definitions on whole arrays, and in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.maths.harmonic import centring, cosines
from mechgrok.tasks.modular import Modular, Operation


def fve(logits: Tensor, phase: Tensor, keys: list[int]) -> dict[str, float]:
    """What the module makes of logits."""
    p = logits.shape[1]
    counts = torch.bincount(phase, minlength=p)
    energies = centring.Energies.of(logits)
    of_logits = cosines.cube_coefficients(cosines.phase_sums(logits, phase, p), counts)
    of_columns = cosines.cube_coefficients(counts[:, None] * energies.column_means, counts)
    chosen = [k - 1 for k in keys]
    return centring.explained(energies, of_logits[chosen], of_columns[chosen])


def by_definition(logits: np.ndarray, phase: np.ndarray, keys: list[int]) -> dict[str, float]:
    """1 - |Y - M|^2 / |Y|^2 with arrays of the full size."""
    p = logits.shape[1]
    waves = [np.cos(2 * np.pi * (k * (phase[:, None] - np.arange(p)) % p) / p) for k in keys]
    M = sum((wave * logits).sum() * wave / (wave**2).sum() for wave in waves)
    rows, columns = logits.mean(1, keepdims=True), logits.mean(0, keepdims=True)
    centred = {"global": logits - logits.mean(), "over c": logits - rows, "double": logits - rows - columns + logits.mean()}
    found = {name: 1 - ((Y - M) ** 2).sum() / (Y**2).sum() for name, Y in centred.items()}
    raw = 1 - ((logits - M) ** 2).sum() / ((logits - logits.mean()) ** 2).sum()
    return found | {"raw": raw, "residual": np.linalg.norm(logits - M) / np.linalg.norm(logits)}


@pytest.mark.parametrize("operation", ["add", "subtract", "add-squares"])
@pytest.mark.parametrize("p", [3, 7, 8])
def test_every_centring_is_its_definition(operation: Operation, p: int) -> None:
    """Also where phases are not uniform over the rows, so that the cosines have a mean over them."""
    phase = Modular(p=p, operation=operation).phase()
    generator = np.random.default_rng(0)
    logits = generator.standard_normal((p * p, p)) + 2 * generator.standard_normal(p) + generator.standard_normal((p * p, 1)) + 0.7
    keys = sorted({1, p // 2})
    found = fve(torch.from_numpy(logits), torch.from_numpy(phase), keys)
    assert found == pytest.approx(by_definition(logits, phase, keys), abs=1e-12)


def test_energies_add_up() -> None:
    logits = torch.tensor([[1.0, 2.0], [3.0, 8.0]], dtype=torch.float64)
    found = centring.Energies.of(logits)
    assert (found.raw, found.of_mean, found.around_mean) == (78, 49, 29)
    assert (found.over_c, found.over_both) == (13, 4)
    assert found.column_means.tolist() == [-1.5, 1.5]


@pytest.mark.parametrize("offset", [1e3, 1e6])
def test_a_large_offset_of_every_row_drowns_nothing(offset: float) -> None:
    p, phase = 7, torch.from_numpy(Modular(p=7).phase())
    waves = torch.cos(2 * math.pi * (2 * (phase[:, None] - torch.arange(p)) % p).double() / p)
    offsets = offset * torch.linspace(0, 1, p * p, dtype=torch.float64)[:, None]
    assert fve(waves + offsets, phase, [2])["over c"] == pytest.approx(1, abs=1e-9)


def test_logits_that_do_not_vary_have_no_share() -> None:
    phase = torch.from_numpy(Modular(p=5).phase())
    found = fve(torch.full((25, 5), 1 / 3, dtype=torch.float64), phase, [1, 2])
    assert all(math.isnan(found[name]) for name in centring.CENTRINGS)
    assert found["residual"] == pytest.approx(1, abs=1e-12)
    assert all(math.isnan(value) for value in fve(torch.zeros(25, 5, dtype=torch.float64), phase, [1]).values())
    classes = fve(torch.linspace(0, 1, 5, dtype=torch.float64).expand(25, 5), phase, [1])
    assert math.isnan(classes["double"])
    assert classes["over c"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("scale", [1e-20, 1e-9, 1e9, 1e20])
def test_the_unit_of_the_logits_does_not_matter(scale: float) -> None:
    """Constants have no share, and what varies has one, however large or small both are."""
    phase = torch.from_numpy(Modular(p=5).phase())
    constant = fve(torch.full((25, 5), scale / 3, dtype=torch.float64), phase, [1, 2])
    assert all(math.isnan(constant[name]) for name in centring.CENTRINGS)
    assert math.isnan(fve(scale * torch.linspace(0.1, 1, 5, dtype=torch.float64).expand(25, 5), phase, [1])["double"])
    logits = torch.randn(25, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert fve(scale * logits, phase, [1]) == pytest.approx(fve(logits, phase, [1]), abs=1e-9)


def test_what_all_rows_share_is_no_double_share_beside_large_offsets() -> None:
    """What is left of offsets of the rows + a small term of c alone, centred both ways, is rounding of the offsets."""
    phase = torch.from_numpy(Modular(p=5).phase())
    offsets = torch.linspace(1, 2, 25, dtype=torch.float64)[:, None]
    for seed in range(20):
        term = torch.randn(5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        found = fve(offsets + 1e-10 * term, phase, [1])
        assert math.isnan(found["double"])
        assert not math.isnan(found["over c"])
