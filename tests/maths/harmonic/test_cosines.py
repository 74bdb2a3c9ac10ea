"""Projections on cosines against explicit cubes, least squares over the rows of the table, complex transforms, and planted logits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.maths.harmonic import cosines
from mechgrok.maths.landscape import losses
from mechgrok.tasks.modular import Modular, Operation

OPERATIONS: list[Operation] = ["add", "subtract", "add-squares"]
TABLES = [(operation, p) for operation in OPERATIONS for p in (2, 3, 5, 7, 8)]


class Table:
    """A task's rows as numpy, and what the maths takes of them."""

    def __init__(self, p: int, operation: Operation = "add") -> None:
        self.p = p
        self.s = Modular(p=p, operation=operation).labels()
        self.phase = torch.from_numpy(self.s)
        self.counts = torch.bincount(self.phase, minlength=p)

    def angle(self, k: int) -> np.ndarray:
        """w_k (s - c) over rows and classes (n, p)."""
        return 2 * np.pi * (k * (self.s[:, None] - np.arange(self.p)) % self.p) / self.p

    def cube(self, k: int) -> np.ndarray:
        """u_k: cos w_k (s - c), of unit length over the whole table."""
        return np.cos(self.angle(k)) / np.linalg.norm(np.cos(self.angle(k)))

    def planted(self, amplitudes: Mapping[int, float]) -> Tensor:
        return torch.from_numpy(sum(A * np.cos(self.angle(k)) for k, A in amplitudes.items()))

    def sums(self, logits: Tensor) -> Tensor:
        return cosines.phase_sums(logits, self.phase, self.p)

    def loss(self, logits: Tensor) -> float:
        return losses.per_example(logits, self.phase).mean().item()

    def kept(self, logits: Tensor, keys: Sequence[int]) -> Tensor:
        return cosines.phase_part(self.sums(logits), self.counts, keys)[self.phase]

    def kept_cube(self, logits: Tensor, keys: Sequence[int]) -> Tensor:
        return cosines.cube_part(self.sums(logits), self.counts, keys)[self.phase]


def noise(table: Table, seed: int = 0) -> Tensor:
    return torch.randn(table.p**2, table.p, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_phase_sums_add_the_rows_of_equal_phase_in_float64() -> None:
    logits = torch.tensor([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0], [100.0, 200.0, 300.0]])
    sums = cosines.phase_sums(logits, torch.tensor([2, 0, 2]), 3)
    assert sums.dtype == torch.float64
    assert sums.tolist() == [[10, 20, 30], [0, 0, 0], [101, 202, 303]]


@pytest.mark.parametrize(("operation", "p"), TABLES)
class TestAnyLogits:
    def test_coefficients_are_products_with_the_explicit_cubes(self, operation: Operation, p: int) -> None:
        table = Table(p, operation)
        logits = noise(table)
        found = cosines.cube_coefficients(table.sums(logits), table.counts)
        assert found.tolist() == pytest.approx([(table.cube(k) * logits.numpy()).sum() for k in range(1, p // 2 + 1)], abs=1e-11)

    def test_the_cubes_are_orthogonal_also_where_phases_are_not_uniform(self, operation: Operation, p: int) -> None:
        cubes = np.stack([Table(p, operation).cube(k).ravel() for k in range(1, p // 2 + 1)])
        assert cubes @ cubes.T == pytest.approx(np.eye(p // 2), abs=1e-12)

    def test_the_cube_part_is_the_projection_on_the_explicit_cubes(self, operation: Operation, p: int) -> None:
        table, keys = Table(p, operation), list(range(1, p // 2 + 1))[::2]
        logits = noise(table)
        expected = sum((table.cube(k) * logits.numpy()).sum() * table.cube(k) for k in keys)
        assert table.kept_cube(logits, keys).numpy() == pytest.approx(expected, abs=1e-11)

    def test_the_phase_part_is_a_least_squares_fit_over_the_rows(self, operation: Operation, p: int) -> None:
        """Also where the columns depend on each other: a^2 + b^2 mod 8 is 0, 1, 2, 4 or 5, and there sin + sin 3 = cos - cos 3."""
        table = Table(p, operation)
        for keys in ([1], [p // 2], list(range(1, p // 2 + 1)), list(range(1, p // 2 + 1, 2))):
            angles = [2 * np.pi * (k * table.s % p) / p for k in keys]
            columns = np.stack([f(angle) for angle in angles for f in (np.cos, np.sin)], axis=1)
            logits = noise(table).numpy()
            fit = columns @ np.linalg.lstsq(columns, logits, rcond=1e-10)[0]
            assert table.kept(torch.from_numpy(logits), keys).numpy() == pytest.approx(fit, abs=1e-11)

    def test_projections(self, operation: Operation, p: int) -> None:
        table, keys = Table(p, operation), [p // 2]
        logits = noise(table, seed=1)
        for kept in (table.kept, table.kept_cube):
            part = kept(logits, keys)
            assert torch.allclose(kept(part, keys), part, atol=1e-12)
            assert (part * (logits - part)).sum().item() == pytest.approx(0, abs=1e-10)
        within = table.kept(table.kept_cube(logits, keys), keys)
        assert torch.allclose(within, table.kept_cube(logits, keys), atol=1e-12)

    def test_no_frequencies_keep_nothing(self, operation: Operation, p: int) -> None:
        table = Table(p, operation)
        assert not table.kept(noise(table), []).any()
        assert not table.kept_cube(noise(table), []).any()


@pytest.mark.parametrize(("operation", "p"), [("add", 11), ("add", 12), ("subtract", 11), ("subtract", 12)])
def test_the_phase_part_is_the_diagonal_of_the_complex_transform(operation: Operation, p: int) -> None:
    """Frequencies (k, k) and (-k, -k) over (a, b) for addition, (k, -k) and (-k, k) for subtraction."""
    table, sign, keys = Table(p, operation), 1 if operation == "add" else -1, [2, p // 2]
    logits = noise(table)
    transform = np.fft.fft2(logits.view(p, p, p).numpy(), axes=(0, 1))
    mask = np.zeros((p, p, 1))
    for k in keys:
        mask[k, sign * k % p] = mask[-k, -sign * k % p] = 1
    expected = np.fft.ifft2(mask * transform, axes=(0, 1)).real
    assert table.kept(logits, keys).view(p, p, p).numpy() == pytest.approx(expected, abs=1e-12)


PLANTED = {1: 3.0, 4: 7.0, 6: 2.0}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("p", [12, 13])
class TestPlantedLogits:
    def test_amplitudes_come_back(self, operation: Operation, p: int) -> None:
        """|cos w_k (s - c)|^2 over n rows is n p / 2, and n p for k = p / 2."""
        table = Table(p, operation)
        found = cosines.cube_coefficients(table.sums(table.planted(PLANTED)), table.counts)
        norms = [math.sqrt(p**3 / (1 if 2 * k == p else 2)) for k in range(1, p // 2 + 1)]
        assert (found / torch.tensor(norms)).tolist() == pytest.approx([3, 0, 0, 7, 0, 2], abs=1e-6)

    def test_they_are_explained_whole(self, operation: Operation, p: int) -> None:
        """A constant per row, of any size, is not seen by a softmax nor here (trap 5: raw norms would count it)."""
        table = Table(p, operation)
        logits = table.planted(PLANTED)
        coefficients = cosines.cube_coefficients(table.sums(logits + 100 * noise(table)[:, :1]), table.counts)
        assert (coefficients.square().sum() / logits.square().sum()).item() == pytest.approx(1, rel=1e-9)

    def test_the_planted_frequencies_keep_everything(self, operation: Operation, p: int) -> None:
        table = Table(p, operation)
        logits = table.planted(PLANTED)
        assert torch.allclose(table.kept(logits, [1, 4, 6]), logits, atol=1e-11)
        assert torch.allclose(table.kept_cube(logits, [1, 4, 6]), logits, atol=1e-11)

    def test_without_them_the_loss_is_that_of_guessing(self, operation: Operation, p: int) -> None:
        table = Table(p, operation)
        logits = table.planted(PLANTED)
        assert table.loss(logits) < 0.5
        assert table.loss(logits - table.kept(logits, [1, 4, 6])) == pytest.approx(math.log(p), rel=1e-12)
        assert table.loss(logits - table.kept_cube(logits, [1, 4, 6])) == pytest.approx(math.log(p), rel=1e-12)

    def test_without_one_cosine_the_others_stay(self, operation: Operation, p: int) -> None:
        table = Table(p, operation)
        logits = table.planted(PLANTED)
        rest = table.planted({1: 3.0, 4: 7.0})
        assert torch.allclose(logits - table.kept_cube(logits, [6]), rest, atol=1e-11)
        if operation != "add-squares":
            assert torch.allclose(logits - table.kept(logits, [6]), rest, atol=1e-11)


def test_adding_instead_of_solving_is_wrong_where_phases_are_not_uniform() -> None:
    """For a^2 + b^2 mod 7 the phase 0 has one row and the others eight: the sum of single fits is not the fit."""
    table = Table(7, "add-squares")
    assert table.counts.tolist() == [1, *[8] * 6]
    logits = noise(table)
    added = table.kept(logits, [1]) + table.kept(logits, [2])
    assert (added - table.kept(logits, [1, 2])).abs().max() > 1e-3


def test_half_of_p_has_no_sine() -> None:
    """With a sine for k = p / 2, which is zero up to rounding, the fit would pick up noise."""
    table = Table(8)
    logits = noise(table)
    alternating = np.array([(-1.0) ** s for s in table.s])
    expected = np.outer(alternating, alternating @ logits.numpy()) / 64
    assert table.kept(logits, [4]).numpy() == pytest.approx(expected, abs=1e-13)


def test_input_specific_phases_are_not_kept() -> None:
    """Trap 11: projecting each row on its own cosine of frequency k over c keeps whatever phase the row has, memorised ones too."""
    table, k = Table(13), 3
    memorised = np.random.default_rng(0).integers(0, 13, len(table.s))
    angles = 2 * np.pi * (k * (memorised[:, None] - np.arange(13)) % 13) / 13
    logits = torch.from_numpy(5 * np.cos(angles))
    over_c = np.stack([np.cos(2 * np.pi * k * np.arange(13) / 13), np.sin(2 * np.pi * k * np.arange(13) / 13)]) * math.sqrt(2 / 13)
    row_by_row = logits.numpy() @ over_c.T @ over_c
    assert row_by_row == pytest.approx(logits.numpy(), abs=1e-12)
    assert table.kept(logits, [k]).norm() < 0.5 * logits.norm()
    assert table.kept_cube(logits, [k]).norm() < 0.3 * logits.norm()


def test_a_shifted_cosine_is_kept_by_the_phase_part_and_not_by_the_cube() -> None:
    """sin w_k (s - c) is a function of cos and sin w_k s, but has no part along cos w_k (s - c)."""
    table = Table(13)
    sine = torch.from_numpy(np.sin(table.angle(4)))
    assert torch.allclose(table.kept(sine, [4]), sine, atol=1e-12)
    assert table.kept_cube(sine, [4]).abs().max() < 1e-12
