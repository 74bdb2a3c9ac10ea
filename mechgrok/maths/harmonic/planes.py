"""Functions of (a, b) on Z_p x Z_p in the 2-D Fourier basis, whose functions are products of one of a and one of b.

Nanda et al. 2023 (arXiv 2301.05217), section 3.1 and appendix on the 2-D discrete Fourier transform.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier

AT_ONCE = 32
"""Functions that are transformed together, so that what is held beside them does not grow with their number."""


def transform(values: Tensor) -> Tensor:
    """T[i, j] = sum over a, b of F[i, a] F[j, b] x[a, b], F the orthonormal basis of Z_p: (p, p, ...) -> the same shape, float64."""
    over_a = fourier.coefficients(values)
    return fourier.coefficients(over_a.transpose(0, 1)).transpose(0, 1)


def turn(coefficients: Tensor) -> Tensor:
    """The products of equal frequency turned into functions of a + b and a - b (p, p, ...).

    An orthogonal change of basis. Of the cosine row c = 2k - 1 and the sine row s = 2k, [c, c] becomes the coefficient of cos w_k(a+b),
    [s, s] that of cos w_k(a-b), [s, c] that of sin w_k(a+b), [c, s] that of sin w_k(a-b), all with functions of unit length.
    For k = p / 2 the one product is both already.
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
    """Squared coefficients of x - around, summed over the last axis: of the products, and of the turned ones, both (p, p).

    x (p, p, m), around (p, p, 1).
    """
    p = len(values)
    products, turned = torch.zeros(p, p, dtype=torch.float64), torch.zeros(p, p, dtype=torch.float64)
    for part in values.split(AT_ONCE, dim=2):
        coefficients = transform(part - around)
        products += coefficients.square().sum(2)
        turned += turn(coefficients).square().sum(2)
    return products, turned


def products(p: int, k: int) -> Tensor:
    """The orthonormal functions {cos k, sin k} x {cos k, sin k} over the rows a * p + b (4, p * p); (1, p * p) for k = p / 2."""
    waves = fourier.basis(p)[fourier.rows_of(k, p)]
    return torch.kron(waves, waves)


def block(p: int, k: int) -> Tensor:
    """The same of {const, cos k, sin k} x {const, cos k, sin k} less the constant one (8, p * p); (3, p * p) for k = p / 2."""
    waves = torch.cat([fourier.basis(p)[:1], fourier.basis(p)[fourier.rows_of(k, p)]])
    return torch.kron(waves, waves)[1:]


def project(functions: Tensor, values: Tensor) -> Tensor:
    """What orthonormal functions (cells, n) hold of the columns of x (n, m): (n, m)."""
    return functions.T @ (functions @ values)
