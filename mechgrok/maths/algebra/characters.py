"""Logits as sums of characters chi(s c^-1), s the element of a finite group that a row stands for.

As with cosines, all that a projection on functions of (s, c) keeps depends on the logits' sums over the rows of equal s.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mechgrok.maths.algebra.groups import Group
from mechgrok.maths.algebra.representations import group_basis, real_irreps


def coefficients(sums: Tensor, rows: int, group: Group) -> Tensor:
    """<u, L> for each real irrep, where u = chi(s c^-1) scaled to unit length over the table (irreps,).

    `sums` (order, order): logits[n, c] summed over the rows of each s, of `rows` in all. The u are orthogonal because c runs over
    the whole group. Chughtai et al. 2023 (arXiv 2302.03025), section 5.1.
    """
    characters = torch.stack([irrep.character for irrep in real_irreps(group)])
    return characters @ profile(sums, group) / (rows * characters.square().sum(1)).sqrt()


def profile(sums: Tensor, group: Group) -> Tensor:
    """sum over s of sums[s, g^-1 s], for each g = s c^-1 (order,)."""
    classes = torch.from_numpy(group.table[group.inverse])
    return sums[torch.arange(group.order), classes].sum(1)


def part(means: Tensor, group: Group, irreps: list[int]) -> Tensor:
    """The projection of each column of `means` (order, ...), as a function on the group, on the matrix entries of some irreps."""
    basis, owner = group_basis(group)
    rows = basis[torch.isin(owner, torch.tensor(irreps, dtype=torch.long))]
    return rows.T @ (rows @ means)


def power(matrix: Tensor, group: Group) -> Tensor:
    """The mean square over the group that each real irrep carries, summed over the features of (order, features) (irreps,).

    For f^(rho) = sum_g f(g) rho(g) it is d |f^(rho)|^2 / order^2, and half of that for a complex type, whose entries come twice.
    """
    basis, owner = group_basis(group)
    squares = (basis @ matrix.double()).square().sum(1) / group.order
    return torch.zeros(len(real_irreps(group)), dtype=torch.float64).index_add_(0, owner, squares)
