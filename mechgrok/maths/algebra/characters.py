"""Logits as sums of characters chi(s c^-1), where s is the group element that belongs to a row.

As with cosines, every projection on functions of (s, c) depends on the logits only through their sums over the rows of equal s.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mechgrok.maths.algebra.groups import Group
from mechgrok.maths.algebra.representations import group_basis, real_irreps


def coefficients(sums: Tensor, rows: int, group: Group) -> Tensor:
    """Coefficients <u, L> of the logits, where u = chi(s c^-1) of each real irrep, scaled to unit length over the table.

    The u are orthogonal because c runs over the whole group.

    Parameters
    ----------
    sums : Tensor (order, order)
        sums[s, c] = sum of logits[n, c] over the rows n of element s.
    rows : int
        The number of rows of the table.
    group : Group

    Returns
    -------
    Tensor (irreps,)
        In the order of `real_irreps`, in the unit of the logits.

    References
    ----------
    Chughtai et al. 2023 (arXiv 2302.03025), section 5.1.

    Examples
    --------
    Over Z_2, logits 3 where c = s and 1 elsewhere: with u_A = 1/2 and u_B = +-1/2 the coefficients are (3 + 3 + 1 + 1) / 2 and
    (3 + 3 - 1 - 1) / 2.

    >>> from mechgrok.maths.algebra.groups import cyclic
    >>> coefficients(torch.tensor([[3.0, 1.0], [1.0, 3.0]], dtype=torch.float64), 2, cyclic(2)).round(decimals=9).tolist()
    [4.0, 2.0]
    """
    characters = torch.stack([irrep.character for irrep in real_irreps(group)])
    return characters @ profile(sums, group) / (rows * characters.square().sum(1)).sqrt()


def profile(sums: Tensor, group: Group) -> Tensor:
    """The sum over s of sums[s, g^-1 s], for each g = s c^-1.

    Parameters
    ----------
    sums : Tensor (order, order)
        sums[s, c] = sum of logits[n, c] over the rows n of element s.
    group : Group

    Returns
    -------
    Tensor (order,)

    Examples
    --------
    Over Z_2, g = 0 collects the diagonal and g = 1 the rest.

    >>> from mechgrok.maths.algebra.groups import cyclic
    >>> profile(torch.tensor([[3.0, 1.0], [1.0, 3.0]]), cyclic(2)).tolist()
    [6.0, 2.0]
    """
    classes = torch.from_numpy(group.table[group.inverse])
    return sums[torch.arange(group.order), classes].sum(1)


def part(means: Tensor, group: Group, irreps: list[int]) -> Tensor:
    """The projection of functions on the group on the matrix entries of some irreps.

    Parameters
    ----------
    means : Tensor (order, ...)
        Functions on the group, along the first axis.
    group : Group
    irreps : list of int
        Indices into `real_irreps`.

    Returns
    -------
    Tensor (order, ...)

    Examples
    --------
    The trivial irrep of Z_2 keeps the mean, the alternating one the rest.

    >>> from mechgrok.maths.algebra.groups import cyclic
    >>> means = torch.tensor([[5.0], [1.0]], dtype=torch.float64)
    >>> [part(means, cyclic(2), [index]).flatten().round(decimals=9).tolist() for index in (0, 1)]
    [[3.0, 3.0], [2.0, -2.0]]
    """
    basis, owner = group_basis(group)
    rows = basis[torch.isin(owner, torch.tensor(irreps, dtype=torch.long))]
    return rows.T @ (rows @ means)


def power(matrix: Tensor, group: Group) -> Tensor:
    """The mean square over the group that each real irrep carries, summed over features.

    For f^(rho) = sum_g f(g) rho(g) it is d |f^(rho)|^2 / order^2, and half of that for an irrep of complex type, whose entries are each
    counted twice.

    Parameters
    ----------
    matrix : Tensor (order, features)
        Functions on the group in columns.
    group : Group

    Returns
    -------
    Tensor (irreps,)
        In the order of `real_irreps`, float64. The sum is the mean square of the whole matrix, times its features.

    Examples
    --------
    f = (5, 1) on Z_2 is 3 + 2 (-1)^g, with the squares 9 and 4.

    >>> from mechgrok.maths.algebra.groups import cyclic
    >>> power(torch.tensor([[5.0], [1.0]]), cyclic(2)).round(decimals=9).tolist()
    [9.0, 4.0]
    """
    basis, owner = group_basis(group)
    squares = (basis @ matrix.double()).square().sum(1) / group.order
    return torch.zeros(len(real_irreps(group)), dtype=torch.float64).index_add_(0, owner, squares)
