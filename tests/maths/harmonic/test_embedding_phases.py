"""Waves of a phase in an embedding: planted ones come back, others explain nothing."""

from __future__ import annotations

import math

import pytest
import torch

from mechgrok.maths.harmonic.embedding_phases import angles, coordinates, energies

P, WIDTH = 13, 9


def planes(count: int, seed: int = 0) -> torch.Tensor:
    """Random vectors, neither orthogonal nor of one length (2 count + 1, d)."""
    return torch.randn(2 * count + 1, WIDTH, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def waves(keys: list[int], phase: list[int], order: int, vectors: torch.Tensor) -> torch.Tensor:
    """u_0 + sum_k cos w_k f u_k + sin w_k f v_k, one by one."""
    rows = []
    for f in phase:
        turned = [2 * math.pi * k * f / order for k in keys]
        parts = [math.cos(a) * vectors[2 * i + 1] + math.sin(a) * vectors[2 * i + 2] for i, a in enumerate(turned)]
        rows.append(vectors[0] + sum(parts))
    return torch.stack(rows)


SQUARES = [n * n % P for n in range(P)]


@pytest.mark.parametrize("phase", [list(range(P)), SQUARES], ids=["integers", "squares"])
def test_a_wave_of_one_frequency_is_all_of_that_frequency(phase: list[int]) -> None:
    found = energies(waves([4], phase, P, planes(1)), torch.tensor(phase), P)
    assert found[3] == pytest.approx(1, rel=1e-12)
    assert found.argmax() == 3


def test_over_all_integers_frequencies_share_the_variance_as_their_amplitudes_do() -> None:
    vectors = planes(2)
    found = energies(waves([2, 5], list(range(P)), P, vectors), torch.arange(P), P)
    sizes = [float(vectors[1:3].square().sum()), float(vectors[3:5].square().sum())]
    assert found[[1, 4]].tolist() == pytest.approx([size / sum(sizes) for size in sizes], rel=1e-12)
    assert float(found.sum()) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(("p", "total"), [(13, 1.0), (8, 1.0)])
def test_over_all_integers_the_shares_of_anything_add_up(p: int, total: float) -> None:
    anything = torch.randn(p, WIDTH, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert float(energies(anything, torch.arange(p), p).sum()) == pytest.approx(total, rel=1e-12)


def test_an_embedding_that_is_constant_has_no_energy() -> None:
    assert (energies(torch.zeros(P, WIDTH, dtype=torch.float64), torch.arange(P), P) == 0).all()


@pytest.mark.parametrize("phase", [list(range(P)), SQUARES], ids=["integers", "squares"])
def test_vectors_lie_at_their_phases_whatever_the_planes_angles(phase: list[int]) -> None:
    """The integers themselves, and one twice as far out."""
    keys, vectors = [2, 5], planes(2)
    embedding = waves(keys, phase, P, vectors)
    sizes = [(float(vectors[2 * i + 1 : 2 * i + 3].square().sum()) / 2) ** 0.5 for i in (0, 1)]
    found = coordinates(embedding, torch.tensor(phase), P, keys, torch.cat([embedding, 2 * embedding[3:4] - vectors[0]]))
    for row, f, far in zip(found, [*phase, phase[3]], [1] * P + [2], strict=True):
        for value, k, size in zip(row.tolist(), keys, sizes, strict=True):
            turned = 2 * math.pi * k * f / P
            assert value == pytest.approx(far * size * complex(math.cos(turned), math.sin(turned)), rel=1e-9, abs=1e-9)


def test_angles_are_those_of_whole_turns() -> None:
    assert angles([1, 3], torch.tensor([0, 5, 12]), P)[:, 1].tolist() == pytest.approx([0, 2 * math.pi * 2 / 13, 2 * math.pi * 10 / 13])
