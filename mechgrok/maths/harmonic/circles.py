"""Principal components over tokens that are waves of one frequency, and the formulas of two algorithms."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier


def principal_components(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Left singular vectors of a matrix centred over its rows, and their shares of the variance.

    Parameters
    ----------
    matrix : Tensor (p, features)

    Returns
    -------
    vectors : Tensor (p, r)
        r is the rank of the centred matrix: directions whose variance is zero up to rounding are left out. Float64.
    shares : Tensor (r,)
        Descending.

    Examples
    --------
    Four points on a circle: two components with half of the variance each.

    >>> points = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    >>> principal_components(points)[1].tolist()
    [0.5, 0.5]
    """
    p, features = matrix.shape
    matrix = matrix.double()
    centred = matrix - matrix.mean(0)
    values, vectors = torch.linalg.eigh(centred @ centred.T if p <= features else centred.T @ centred)
    kept = values.flip(0) > 1e-12 * matrix.square().sum()
    values, vectors = values.flip(0)[kept], vectors.flip(1)[:, kept]
    return vectors if p <= features else centred @ vectors / values.sqrt(), values / values.sum()


def circularities(components: Tensor) -> tuple[Tensor, Tensor]:
    """The best frequency k* of unit vectors and their circularity, clip(2 |DFT_k*|^2, 0, 1), with the DFT over 1 / sqrt(p).

    A cosine wave of one frequency has |DFT_k|^2 = 1 / 2, so circularity 1.

    Parameters
    ----------
    components : Tensor (p, r)
        Unit vectors in columns, float64.

    Returns
    -------
    frequencies : Tensor (r,)
        From 1 to p // 2.
    circularity : Tensor (r,)
        From 0 to 1.

    References
    ----------
    Zhong et al. 2023 (arXiv 2306.17844), section 5.

    Examples
    --------
    A single token has |DFT_k|^2 = 1 / 5 at every frequency.

    >>> cosine = torch.cos(fourier.angles(5, 2))
    >>> frequencies, circularity = circularities(torch.stack([cosine / cosine.norm(), torch.eye(5).double()[0]], dim=1))
    >>> int(frequencies[0]), circularity.round(decimals=9).tolist()
    (2, [1.0, 0.4])
    """
    p = len(components)
    angles = torch.stack([fourier.angles(p, k) for k in fourier.frequencies(p)])
    squares = ((torch.cos(angles) @ components).square() + (torch.sin(angles) @ components).square()) / p
    best = squares.max(0)
    return best.indices + 1, (2 * best.values).clamp(0, 1)


def keep_components(matrix: Tensor, components: Tensor) -> Tensor:
    """A matrix reduced to its mean over the rows and its part along given unit vectors over the rows.

    Parameters
    ----------
    matrix : Tensor (p, features)
    components : Tensor (p, r)
        Orthonormal columns without mean.

    Returns
    -------
    Tensor (p, features)

    Examples
    --------
    >>> keep_components(torch.tensor([[3.0], [1.0], [2.0]]), torch.tensor([[0.5**0.5], [-(0.5**0.5)], [0.0]])).round(decimals=5).tolist()
    [[3.0], [1.0], [2.0]]
    """
    mean = matrix.mean(0)
    return mean + components @ (components.T @ (matrix - mean))


def circle_waves(phase: Tensor, p: int, k: int) -> tuple[Tensor, Tensor]:
    """cos(theta) and |cos(theta / 2)| - |sin(theta / 2)| for theta = w_k (s - c): logits of the clock and of the pizza algorithm.

    Parameters
    ----------
    phase : Tensor (n,)
        s of each row, integers from 0 to p - 1.
    p : int
    k : int
        The frequency.

    Returns
    -------
    clock, pizza : Tensor (n, p)

    References
    ----------
    Zhong et al. 2023 (arXiv 2306.17844).

    Examples
    --------
    For p = 4 and s = 0 the angles are 0, 90, 180 and 90 degrees.

    >>> clock, pizza = circle_waves(torch.tensor([0]), 4, 1)
    >>> clock.abs().round(decimals=9).tolist(), pizza.round(decimals=9).abs().tolist()
    ([[1.0, 0.0, 1.0, 0.0]], [[1.0, 0.0, 1.0, 0.0]])
    """
    half = math.pi * ((k * torch.arange(p)) % p).double() / p
    difference = (torch.arange(p)[:, None] - torch.arange(p)) % p
    clock, pizza = torch.cos(2 * half), torch.cos(half).abs() - torch.sin(half).abs()
    return clock[difference][phase], pizza[difference][phase]


def standardised_variance_explained(values: Tensor, formula: Tensor) -> float:
    """1 - Var(x - y) / Var(x) of x and y scaled to mean 0 and variance 1, which is 2 r - 1 with r their correlation.

    Parameters
    ----------
    values : Tensor
        x, any shape.
    formula : Tensor
        y, the same shape.

    Returns
    -------
    float
        NaN where one of them is constant.

    Examples
    --------
    >>> x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    >>> round(standardised_variance_explained(x, 10 * x + 4), 9), round(standardised_variance_explained(x, -x), 9)
    (1.0, -3.0)
    """
    x, y = values.flatten() - values.mean(), formula.flatten() - formula.mean()
    size = float(x.norm() * y.norm())
    return 2 * float(x @ y) / size - 1 if size > 0 else float("nan")
