"""Functions of (a, b) on Z_p x Z_p in the 2-D Fourier basis, whose functions are products of one of a and one of b.

Nanda et al. 2023 (arXiv 2301.05217), section 3.1 and appendix on the 2-D discrete Fourier transform.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier

AT_ONCE = 32
"""Functions that are transformed together; it limits the memory beside the result."""


def transform(values: Tensor) -> Tensor:
    """T[i, j] = sum over a, b of F[i, a] F[j, b] x[a, b], with F the orthonormal basis of Z_p.

    Parameters
    ----------
    values : Tensor (p, p, ...)
        x.

    Returns
    -------
    Tensor (p, p, ...)
        Float64.

    Examples
    --------
    2 + (-1)^a for p = 2.

    >>> transform(torch.tensor([[3.0, 3.0], [1.0, 1.0]])).round(decimals=9).tolist()
    [[4.0, 0.0], [2.0, 0.0]]
    """
    over_a = fourier.coefficients(values)
    return fourier.coefficients(over_a.transpose(0, 1)).transpose(0, 1)


def turn(coefficients: Tensor) -> Tensor:
    """Coefficients of products of equal frequency, rotated into those of functions of a + b and a - b.

    An orthogonal change of basis. Of the cosine row c = 2k - 1 and the sine row s = 2k, [c, c] becomes the coefficient of cos w_k(a+b),
    [s, s] that of cos w_k(a-b), [s, c] that of sin w_k(a+b), [c, s] that of sin w_k(a-b), all with functions of unit length.
    For k = p / 2 the one product is a function of a + b and of a - b already.

    Parameters
    ----------
    coefficients : Tensor (p, p, ...)
        As from `transform`.

    Returns
    -------
    Tensor (p, p, ...)

    Examples
    --------
    cos w_1 (a + b) modulo 3 has one coefficient, 3 / sqrt(2).

    >>> s = torch.arange(3)[:, None] + torch.arange(3)
    >>> turn(transform(torch.cos(2 * math.pi * s.double() / 3))).square().round(decimals=9).tolist()
    [[0.0, 0.0, 0.0], [0.0, 4.5, 0.0], [0.0, 0.0, 0.0]]
    """
    c = torch.arange(1, len(coefficients) - 1, 2)
    s = c + 1
    turned, half = coefficients.clone(), math.sqrt(0.5)
    turned[c, c] = half * (coefficients[c, c] - coefficients[s, s])
    turned[s, s] = half * (coefficients[c, c] + coefficients[s, s])
    turned[s, c] = half * (coefficients[s, c] + coefficients[c, s])
    turned[c, s] = half * (coefficients[s, c] - coefficients[c, s])
    return turned


def energies(values: Tensor, around: Tensor) -> tuple[Tensor, Tensor]:
    """Squared coefficients of x - around, summed over the last axis: of the products, and of the rotated ones (see `turn`).

    Parameters
    ----------
    values : Tensor (p, p, m)
        x.
    around : Tensor (p, p, 1)

    Returns
    -------
    products : Tensor (p, p)
    turned : Tensor (p, p)

    Examples
    --------
    cos w_1 (a + b) modulo 3: two products, or one function of a + b.

    >>> s = torch.arange(3)[:, None] + torch.arange(3)
    >>> products, turned = energies(torch.cos(2 * math.pi * s.double() / 3)[:, :, None], torch.zeros(3, 3, 1))
    >>> products.diag().round(decimals=9).tolist(), turned.diag().round(decimals=9).tolist()
    ([0.0, 2.25, 2.25], [0.0, 4.5, 0.0])
    """
    p = len(values)
    products, turned = torch.zeros(p, p, dtype=torch.float64), torch.zeros(p, p, dtype=torch.float64)
    for part in values.split(AT_ONCE, dim=2):
        coefficients = transform(part - around)
        products += coefficients.square().sum(2)
        turned += turn(coefficients).square().sum(2)
    return products, turned


def products(p: int, k: int) -> Tensor:
    """The orthonormal functions {cos k, sin k} x {cos k, sin k} of (a, b).

    Parameters
    ----------
    p : int
    k : int
        The frequency.

    Returns
    -------
    Tensor (4, p * p)
        Over the rows a * p + b; (1, p * p) for k = p / 2.

    Examples
    --------
    >>> products(2, 1).round(decimals=9).tolist()
    [[0.5, -0.5, -0.5, 0.5]]
    """
    waves = fourier.basis(p)[fourier.rows_of(k, p)]
    return torch.kron(waves, waves)


def block(p: int, k: int) -> Tensor:
    """The orthonormal functions {const, cos k, sin k} x {const, cos k, sin k} of (a, b), less the constant one.

    Parameters
    ----------
    p : int
    k : int
        The frequency.

    Returns
    -------
    Tensor (8, p * p)
        Over the rows a * p + b; (3, p * p) for k = p / 2.

    Examples
    --------
    >>> block(2, 1).round(decimals=9).tolist()
    [[0.5, -0.5, 0.5, -0.5], [0.5, 0.5, -0.5, -0.5], [0.5, -0.5, -0.5, 0.5]]
    """
    waves = torch.cat([fourier.basis(p)[:1], fourier.basis(p)[fourier.rows_of(k, p)]])
    return torch.kron(waves, waves)[1:]


def project(functions: Tensor, values: Tensor) -> Tensor:
    """The projection of the columns of x on the span of orthonormal functions.

    Parameters
    ----------
    functions : Tensor (cells, n)
    values : Tensor (n, m)
        x.

    Returns
    -------
    Tensor (n, m)

    Examples
    --------
    >>> project(torch.tensor([[0.5, 0.5, 0.5, 0.5]]), torch.tensor([[5.0], [0.0], [3.0], [0.0]])).tolist()
    [[2.0], [2.0], [2.0], [2.0]]
    """
    return functions.T @ (functions @ values)
