"""Projections on characters and matrix entries: sums written out, and cosines on cyclic groups."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.maths.algebra import characters
from mechgrok.maths.algebra.groups import Group, alternating, cyclic, dihedral, symmetric
from mechgrok.maths.algebra.representations import real_irreps
from mechgrok.maths.harmonic import cosines

GROUPS = pytest.mark.parametrize("group", [symmetric(4), dihedral(5), alternating(4), cyclic(8)], ids=lambda group: group.name)


def drawn(group: Group, *shape: int) -> Tensor:
    return torch.randn(group.order, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@GROUPS
def test_coefficients_by_definition(group: Group) -> None:
    """Every row's character chi(s c^-1), written out over a table with 3 rows of each s."""
    labels = np.repeat(np.arange(group.order), 3)
    logits = torch.randn(len(labels), group.order, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    sums = torch.zeros(group.order, group.order, dtype=torch.float64).index_add_(0, torch.from_numpy(labels), logits)
    quotient = group.table[labels[:, None], group.inverse[None, :]]
    expected = [float((irrep.character[quotient] * logits).sum() / irrep.character[quotient].norm()) for irrep in real_irreps(group)]
    assert characters.coefficients(sums, len(labels), group).tolist() == pytest.approx(expected, abs=1e-10)


@GROUPS
def test_the_profile_is_over_s_c_inverse(group: Group) -> None:
    sums = drawn(group, group.order)
    expected = np.zeros(group.order)
    for s in range(group.order):
        for c in range(group.order):
            expected[group.table[s, group.inverse[c]]] += sums[s, c]
    assert characters.profile(sums, group).tolist() == pytest.approx(expected.tolist(), abs=1e-12)


@GROUPS
def test_power_is_that_of_the_group_fourier_transform(group: Group) -> None:
    """d |f^(rho)|^2 / |G|^2 with f^(rho) = sum_g f(g) rho(g), halved for complex types; all of it is the mean square."""
    f = drawn(group, 2)
    transforms = [torch.einsum("gf,gij->fij", f, irrep.matrices).square().sum() for irrep in real_irreps(group)]
    expected = [
        float(irrep.dimension * square / group.order**2 / (1 + irrep.complex_type))
        for irrep, square in zip(real_irreps(group), transforms, strict=True)
    ]
    found = characters.power(f, group)
    assert found.tolist() == pytest.approx(expected, rel=1e-10)
    assert float(found.sum()) == pytest.approx(float(f.square().mean(0).sum()), rel=1e-12)


@GROUPS
def test_the_parts_are_orthogonal_projections_that_add_up(group: Group) -> None:
    f = drawn(group, 3)
    parts = [characters.part(f, group, [index]) for index in range(len(real_irreps(group)))]
    assert torch.allclose(torch.stack(parts).sum(0), f, atol=1e-12)
    assert torch.allclose(characters.part(f, group, [0, 2]), parts[0] + parts[2], atol=1e-12)
    assert torch.allclose(characters.part(parts[1], group, [1]), parts[1], atol=1e-12)
    assert float((parts[1] * parts[2]).sum()) == pytest.approx(0, abs=1e-12)
    assert not characters.part(f, group, []).any()


@GROUPS
def test_a_part_is_the_convolution_with_the_character(group: Group) -> None:
    """P f(g) = d / (|G| e) sum_h chi(g h^-1) f(h), e = 1 or 2: the same projection without any basis."""
    f = drawn(group)
    quotient = group.table[:, group.inverse]
    for index, irrep in enumerate(real_irreps(group)):
        expected = irrep.character[quotient] @ f * irrep.dimension / group.order / (1 + irrep.complex_type)
        assert torch.allclose(characters.part(f[:, None], group, [index])[:, 0], expected, atol=1e-12)


@pytest.mark.parametrize("p", [7, 8])
def test_on_a_cyclic_group_they_are_cosines(p: int) -> None:
    sums = torch.randn(p, p, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    counts, names = torch.full((p,), 5), [irrep.name for irrep in real_irreps(cyclic(p))]
    order = [names.index("B" if 2 * k == p else f"E{k}") for k in range(1, p // 2 + 1)]
    found = characters.coefficients(sums, int(counts.sum()), cyclic(p))[order]
    assert torch.allclose(found, cosines.cube_coefficients(sums, counts), atol=1e-12)
    part = characters.part(sums / 5, cyclic(p), [order[1], order[-1]])
    assert torch.allclose(part, cosines.phase_part(sums, counts, [2, p // 2]), atol=1e-12)


def test_single_precision_is_only_that_of_the_entries() -> None:
    values = drawn(symmetric(3), 2).float()
    assert characters.power(values, symmetric(3)).tolist() == characters.power(values.double(), symmetric(3)).tolist()
