"""The real irreducible representations (irreps) of finite groups, as orthogonal matrices.

An irrep that stays irreducible over the complex numbers is of real type: all d^2 entries are independent functions on the group. One
that splits into a pair of complex conjugates (rotations of a cyclic group) is of complex type: its entries span d^2 / 2 functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import torch
from torch import Tensor

from mechgrok.maths.algebra import groups, young
from mechgrok.maths.algebra.groups import Group
from mechgrok.maths.harmonic import fourier


@dataclass(frozen=True, eq=False)
class Irrep:
    """A homomorphism into orthogonal matrices that has no invariant subspace over the real numbers.

    Attributes
    ----------
    name : str
        Such as `E2` or `(3,1)`.
    matrices : Tensor (order, d, d)
        The matrix of each element, float64.
    """

    name: str
    matrices: Tensor

    @property
    def dimension(self) -> int:
        """d."""
        return self.matrices.shape[1]

    @cached_property
    def character(self) -> Tensor:
        """chi(g) = trace of the matrix of g (order,)."""
        return self.matrices.diagonal(dim1=1, dim2=2).sum(1)

    @cached_property
    def complex_type(self) -> bool:
        """Whether it splits into a pair of complex conjugates: then the mean of chi^2 over the group is 2, not 1."""
        return bool(self.character.square().mean() > 1.5)

    @property
    def functions(self) -> int:
        """The number of independent functions among its entries: d^2, or d^2 / 2 for complex type."""
        return self.dimension**2 // (1 + self.complex_type)


@cache
def real_irreps(group: Group) -> tuple[Irrep, ...]:
    """All real irreps of a group, the trivial one first; their numbers of `functions` add up to the order of the group.

    Names are partitions for S_n and A_n (of two that agree on A_n the first, "+" and "-" for the halves of one), and Mulliken symbols
    for the other families: A and B in one dimension, E in two, with the frequency k of its rotations.

    Parameters
    ----------
    group : Group

    Returns
    -------
    tuple of Irrep

    Examples
    --------
    >>> [(irrep.name, irrep.dimension) for irrep in real_irreps(groups.symmetric(3))]
    [('(3)', 1), ('(2,1)', 2), ('(1,1,1)', 1)]
    >>> [(irrep.name, irrep.functions) for irrep in real_irreps(groups.cyclic(5))]
    [('A', 1), ('E1', 2), ('E2', 2)]
    """
    return tuple(_FAMILIES[group.family](group))


@cache
def group_basis(group: Group) -> tuple[Tensor, Tensor]:
    """Orthonormal functions on the group, made of the entries of its real irreps.

    They are sqrt(d / order) times the entries (Schur orthogonality); of an irrep of complex type those of its first column.

    Parameters
    ----------
    group : Group

    Returns
    -------
    basis : Tensor (order, order)
        One function in each row, float64.
    owner : Tensor (order,)
        The index of each row's irrep in `real_irreps`.

    Examples
    --------
    >>> basis, owner = group_basis(groups.cyclic(4))
    >>> owner.tolist()
    [0, 1, 2, 2]
    >>> basis[:2].tolist()
    [[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5]]
    """
    rows, owners = [], []
    for index, irrep in enumerate(real_irreps(group)):
        entries = irrep.matrices[:, :, :1] if irrep.complex_type else irrep.matrices
        rows.append(entries.flatten(1).T * (irrep.dimension / group.order) ** 0.5)
        owners += [index] * irrep.functions
    return torch.cat(rows), torch.tensor(owners)


def _cyclic(group: Group) -> Iterator[Irrep]:
    turn = torch.from_numpy(group.elements[:, 0])
    yield Irrep("A", _line(torch.ones(group.order)))
    if group.order % 2 == 0:
        yield Irrep("B", _line(1 - 2 * (turn % 2)))
    for k in range(1, (group.order + 1) // 2):
        yield Irrep(f"E{k}", _rotations(group.order, k))


def _dihedral(group: Group) -> Iterator[Irrep]:
    turn, flip = torch.from_numpy(group.elements).T
    mirrors, alternation = 1 - 2 * flip, 1 - 2 * (turn % 2)
    yield Irrep("A1", _line(torch.ones(group.order)))
    yield Irrep("A2", _line(mirrors))
    if group.n % 2 == 0:
        yield Irrep("B1", _line(alternation))
        yield Irrep("B2", _line(alternation * mirrors))
    mirror = torch.tensor([[1.0, 0.0], [0.0, -1.0]], dtype=torch.float64)
    for k in range(1, (group.n + 1) // 2):
        yield Irrep(f"E{k}", _rotations(group.n, k)[turn] @ torch.stack([torch.eye(2, dtype=torch.float64), mirror])[flip])


def _line(values: Tensor) -> Tensor:
    return values.double()[:, None, None]


def _rotations(n: int, k: int) -> Tensor:
    """Rotations by 2 pi k t / n for t = 0 .. n - 1 (n, 2, 2)."""
    angle = fourier.angles(n, k)
    return torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1).view(n, 2, 2)


def _symmetric(group: Group) -> Iterator[Irrep]:
    for shape in young.partitions(group.n):
        yield Irrep(_name(shape), young.orthogonal_form(group, shape))


def _alternating(group: Group) -> Iterator[Irrep]:
    whole = groups.symmetric(group.n)
    even = torch.from_numpy(groups.is_even(whole.elements))
    for shape in young.partitions(group.n):
        if shape >= young.conjugate(shape):
            yield from _parts(group, Irrep(_name(shape), young.orthogonal_form(whole, shape)[even]))


def _parts(group: Group, whole: Irrep) -> Iterator[Irrep]:
    """The restriction to A_n: two halves if a sum over a conjugacy class, which commutes with all matrices, has two eigenvalues.

    "+" is the half with the larger character on the first such class, in the order of their smallest elements.
    """
    classes = torch.from_numpy(group.conjugacy_classes)
    for each in classes.unique():
        summed = whole.matrices[classes == each].sum(0)
        values, vectors = torch.linalg.eigh(summed + summed.T)
        if values[-1] - values[0] > 1e-9:
            upper = values > values.mean()
            for sign, half in {"+": vectors[:, upper], "-": vectors[:, ~upper]}.items():
                yield Irrep(whole.name + sign, half.T @ whole.matrices @ half)
            return
    yield whole


def _name(shape: young.Partition) -> str:
    return f"({','.join(map(str, shape))})"


_FAMILIES: dict[groups.Family, Callable[[Group], Iterator[Irrep]]] = {
    "symmetric": _symmetric,
    "dihedral": _dihedral,
    "alternating": _alternating,
    "cyclic": _cyclic,
}
