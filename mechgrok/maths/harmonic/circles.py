"""Principal components over tokens that go round in circles."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier


def principal_components(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Left singular vectors (p, r) of a (p, features) matrix centred over its rows, and their shares of the variance (r,), descending.

    r is the rank of the centred matrix; directions whose variance is rounding are left out.
    """
    p, features = matrix.shape
    matrix = matrix.double()
    centred = matrix - matrix.mean(0)
    values, vectors = torch.linalg.eigh(centred @ centred.T if p <= features else centred.T @ centred)
    kept = values.flip(0) > 1e-12 * matrix.square().sum()
    values, vectors = values.flip(0)[kept], vectors.flip(1)[:, kept]
    return vectors if p <= features else centred @ vectors / values.sqrt(), values / values.sum()


def circularities(components: Tensor) -> tuple[Tensor, Tensor]:
    """The best frequency k* of every unit vector (p, r), and clip(2 |DFT_k*|^2, 0, 1), both (r,); the DFT over 1 / sqrt(p).

    A cosine wave of one frequency has |DFT_k|^2 = 1 / 2, and so circularity 1. Zhong et al. 2023 (arXiv 2306.17844), section 5.
    """
    p = len(components)
    angles = torch.stack([fourier.angles(p, k) for k in fourier.frequencies(p)])
    squares = ((torch.cos(angles) @ components).square() + (torch.sin(angles) @ components).square()) / p
    best = squares.max(0)
    return best.indices + 1, (2 * best.values).clamp(0, 1)


def keep_components(matrix: Tensor, components: Tensor) -> Tensor:
    """The matrix (p, features) of which, beside its mean over the rows, only these unit vectors over the rows (p, r) are left."""
    mean = matrix.mean(0)
    return mean + components @ (components.T @ (matrix - mean))


def circle_waves(phase: Tensor, p: int, k: int) -> tuple[Tensor, Tensor]:
    """cos(theta) and |cos(theta / 2)| - |sin(theta / 2)| for theta = w_k (s - c), both (n, p) for the phases s (n,)."""
    half = math.pi * ((k * torch.arange(p)) % p).double() / p
    difference = (torch.arange(p)[:, None] - torch.arange(p)) % p
    clock, pizza = torch.cos(2 * half), torch.cos(half).abs() - torch.sin(half).abs()
    return clock[difference][phase], pizza[difference][phase]


def standardised_variance_explained(values: Tensor, formula: Tensor) -> float:
    """1 - Var(x - y) / Var(x) with both brought to mean 0 and variance 1 first, which is 2 r - 1, r their correlation.

    NaN where one of them is constant.
    """
    x, y = values.flatten() - values.mean(), formula.flatten() - formula.mean()
    size = float(x.norm() * y.norm())
    return 2 * float(x @ y) / size - 1 if size > 0 else float("nan")
