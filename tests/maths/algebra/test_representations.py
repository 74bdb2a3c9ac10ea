"""Irreducible representations: the theorems that make them such, and known characters."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sympy.combinatorics import Permutation

from mechgrok.maths.algebra import young
from mechgrok.maths.algebra.groups import Group, alternating, cyclic, dihedral, symmetric
from mechgrok.maths.algebra.representations import group_basis, real_irreps
from mechgrok.maths.harmonic import fourier

REAL = [*map(symmetric, (2, 3, 4, 5)), *map(dihedral, (1, 2, 4, 5)), alternating(5), cyclic(2)]
MIXED = [*map(alternating, (3, 4)), *map(cyclic, (7, 8))]
every = pytest.mark.parametrize("group", [*REAL, *MIXED], ids=lambda group: group.name)


@every
def test_they_are_homomorphisms_into_orthogonal_matrices(group: Group) -> None:
    for irrep in real_irreps(group):
        matrices = irrep.matrices
        products = torch.einsum("aij,bjk->abik", matrices, matrices)
        assert torch.allclose(matrices[torch.from_numpy(group.table)], products, atol=1e-12)
        identity = torch.eye(irrep.dimension, dtype=torch.float64).expand_as(matrices)
        assert torch.allclose(matrices @ matrices.mT, identity, atol=1e-12)


@every
def test_there_are_as_many_as_classes_of_elements_and_inverses(group: Group) -> None:
    """Over the real numbers: the orbits of conjugation together with inversion."""
    classes = group.conjugacy_classes
    joined = {frozenset((classes[g], classes[group.inverse[g]])) for g in range(group.order)}
    assert len(real_irreps(group)) == len(joined)
    assert len({irrep.name for irrep in real_irreps(group)}) == len(joined)


@every
def test_the_functions_add_up_to_the_order(group: Group) -> None:
    assert sum(irrep.functions for irrep in real_irreps(group)) == group.order
    squares = sum(irrep.dimension**2 for irrep in real_irreps(group))
    assert (squares == group.order) == (group in REAL)


@every
def test_characters_are_orthogonal_and_of_norm_one_or_two(group: Group) -> None:
    characters = torch.stack([irrep.character for irrep in real_irreps(group)])
    norms = [2.0 if irrep.complex_type else 1.0 for irrep in real_irreps(group)]
    assert torch.allclose(characters @ characters.T / group.order, torch.diag(torch.tensor(norms, dtype=torch.float64)), atol=1e-12)
    assert (characters[0] == 1).all(), "the trivial one comes first"
    assert (max(norms) == 1) == (group in REAL)


@every
def test_the_basis_is_orthonormal_and_spans_each_irreps_entries(group: Group) -> None:
    """Schur orthogonality, from both sides: no entry lies outside its own rows."""
    basis, owner = group_basis(group)
    assert torch.allclose(basis @ basis.T, torch.eye(group.order, dtype=torch.float64), atol=1e-12)
    for index, irrep in enumerate(real_irreps(group)):
        rows, entries = basis[owner == index], irrep.matrices.flatten(1)
        assert len(rows) == irrep.functions == torch.linalg.matrix_rank(entries)
        assert torch.allclose(rows.T @ (rows @ entries), entries, atol=1e-12)


@pytest.mark.parametrize("n", [3, 4, 5])
def test_partitions_name_the_representations_that_everybody_means(n: int) -> None:
    """(n) is trivial, (n-1, 1) counts fixed points, (1, ..., 1) is the sign, the transposed diagram is the product with it."""
    group = symmetric(n)
    characters = {irrep.name: irrep.character for irrep in real_irreps(group)}
    fixed = torch.from_numpy((group.elements == np.arange(n)).sum(1)).double()
    sign = torch.tensor([float(Permutation(each.tolist()).signature()) for each in group.elements])
    assert torch.allclose(characters[f"({n - 1},1)"], fixed - 1, atol=1e-12)
    assert torch.allclose(characters["(" + ",".join("1" * n) + ")"], sign.double(), atol=1e-12)
    for shape in young.partitions(n):
        name, other = (f"({','.join(map(str, each))})" for each in (shape, young.conjugate(shape)))
        assert torch.allclose(characters[other], characters[name] * sign, atol=1e-12)


def test_the_character_table_of_s5() -> None:
    """By cycle type; James and Liebeck 2001, "Representations and characters of groups", chapter 19."""
    types = [(0, 1, 2, 3, 4), (1, 0, 2, 3, 4), (1, 0, 3, 2, 4), (1, 2, 0, 3, 4), (1, 2, 0, 4, 3), (1, 2, 3, 0, 4), (1, 2, 3, 4, 0)]
    known = {
        "(5)": [1, 1, 1, 1, 1, 1, 1],
        "(4,1)": [4, 2, 0, 1, -1, 0, -1],
        "(3,2)": [5, 1, 1, -1, 1, -1, 0],
        "(3,1,1)": [6, 0, -2, 0, 0, 0, 1],
        "(2,2,1)": [5, -1, 1, -1, -1, 1, 0],
        "(2,1,1,1)": [4, -2, 0, 1, 1, 0, -1],
        "(1,1,1,1,1)": [1, -1, 1, 1, -1, -1, 1],
    }
    group = symmetric(5)
    rows = [group.elements.tolist().index(list(each)) for each in types]
    found = {irrep.name: irrep.character[rows].tolist() for irrep in real_irreps(group)}
    assert found == {name: pytest.approx(values, abs=1e-12) for name, values in known.items()}


def test_the_halves_of_a5_have_golden_characters() -> None:
    golden = (1 + math.sqrt(5)) / 2
    characters = {irrep.name: irrep.character for irrep in real_irreps(alternating(5))}
    assert [irrep.dimension for irrep in real_irreps(alternating(5))] == [1, 4, 5, 3, 3]
    on_five_cycles = {name: sorted({round(float(x), 9) for x in characters[name]}) for name in ("(3,1,1)+", "(3,1,1)-")}
    expected = sorted(round(x, 9) for x in (3.0, -1.0, 0.0, golden, 1 - golden))
    assert on_five_cycles == {"(3,1,1)+": pytest.approx(expected), "(3,1,1)-": pytest.approx(expected)}
    first = alternating(5).elements.tolist().index([1, 2, 3, 4, 0])
    assert not torch.allclose(characters["(3,1,1)+"], characters["(3,1,1)-"])
    assert float(characters["(3,1,1)+"][first]) == pytest.approx(golden), "the first five-cycle in lexicographic order tells them apart"


@pytest.mark.parametrize("p", [7, 8])
def test_those_of_a_cyclic_group_span_its_frequencies(p: int) -> None:
    basis, owner = group_basis(cyclic(p))
    names = [irrep.name for irrep in real_irreps(cyclic(p))]
    for k in fourier.frequencies(p):
        ours = basis[owner == names.index("B" if 2 * k == p else f"E{k}")]
        theirs = fourier.basis(p)[fourier.rows_of(k, p)]
        assert torch.allclose(ours.T @ ours, theirs.T @ theirs, atol=1e-12)


@pytest.mark.parametrize("shape", [(2, 1), (2, 2), (3, 1, 1), (3, 2, 1), (4, 2), (2, 2, 1, 1)])
def test_tableaux_are_as_many_as_the_hooks_say(shape: young.Partition) -> None:
    hooks = [shape[i] - j + sum(part > j for part in shape[i + 1 :]) for i in range(len(shape)) for j in range(shape[i])]
    assert len(set(young.standard_tableaux(shape))) == len(young.standard_tableaux(shape)) == math.factorial(sum(shape)) // math.prod(hooks)


def test_youngs_form_of_the_smallest_case() -> None:
    """(2, 1): on the tableaux 01/2 and 02/1, the first swap is 1 and -1, the second -1/2, 1/2 and sqrt(3)/2."""
    first, second = (young.transposition((2, 1), i) for i in (0, 1))
    order = young.standard_tableaux((2, 1))
    direct = [order.index((0, 0, 1)), order.index((0, 1, 0))]
    assert first[direct][:, direct].tolist() == [[1, 0], [0, -1]]
    half = math.sqrt(3) / 2
    assert torch.allclose(second[direct][:, direct], torch.tensor([[-0.5, half], [half, 0.5]], dtype=torch.float64))
