"""Functions of two operands by the family of their 2-D Fourier modes, and random modes to compare with.

In complex modes exp i(w_k a + w_l b): constant (0, 0), a alone (k, 0), b alone (0, l), sum (k, k), difference (k, -k), other. For even p
the mode (p/2, p/2) is both sum and difference, and counts as sum. All but `other` are functions of a, b, a + b or a - b, so projections
on them are means over rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier

FAMILIES = ("constant", "a alone", "b alone", "sum", "difference", "other")
CLASSES_AT_ONCE = 64
"""Outputs that are transformed together; it limits the memory beside the result."""


@dataclass(frozen=True)
class Part:
    """A function of (a, b) that depends on one index, with the values table[index].

    Attributes
    ----------
    index : Tensor (p * p,)
        Of each row a * p + b.
    table : Tensor (values of the index, c)
    """

    index: Tensor
    table: Tensor

    @property
    def values(self) -> Tensor:
        """The values on every row a * p + b (p * p, c)."""
        return self.table.index_select(0, self.index)

    @property
    def energy(self) -> float:
        """Sum of squares over all rows and outputs."""
        return float((torch.bincount(self.index, minlength=len(self.table)).double() @ self.table.square()).sum())


def parts(values: Tensor) -> dict[str, Part]:
    """The part of functions of (a, b) that lies in each family but `other`.

    Parameters
    ----------
    values : Tensor (p * p, c)
        In rows a * p + b, float64.

    Returns
    -------
    dict of str to Part
        By family.

    Examples
    --------
    2 + (-1)^a for p = 2.

    >>> found = parts(torch.tensor([[3.0], [3.0], [1.0], [1.0]], dtype=torch.float64))
    >>> found["constant"].table.tolist(), found["a alone"].table.tolist(), found["sum"].table.tolist()
    ([[2.0]], [[1.0], [-1.0]], [[0.0], [0.0]])
    """
    p = math.isqrt(len(values))
    a, b = torch.arange(p).repeat_interleave(p), torch.arange(p).repeat(p)
    constant = Part(torch.zeros_like(a), values.mean(0, keepdim=True))
    indices = {"a alone": a, "b alone": b, "sum": (a + b) % p, "difference": (a - b) % p}
    found = {name: Part(index, _mean_over(values, index, p) - constant.table) for name, index in indices.items()}
    if p % 2 == 0:
        half = fourier.basis(p)[-1:]
        without_half = found["difference"].table - half.T @ (half @ found["difference"].table)
        found["difference"] = Part(found["difference"].index, without_half)
    return {"constant": constant} | found


def _mean_over(values: Tensor, index: Tensor, p: int) -> Tensor:
    return torch.zeros(p, values.shape[1], dtype=values.dtype).index_add_(0, index, values) / p


def sizes(p: int) -> dict[str, int]:
    """The number of real modes of each family.

    Parameters
    ----------
    p : int

    Returns
    -------
    dict of str to int
        By family; p * p in all.

    Examples
    --------
    >>> sizes(5)
    {'constant': 1, 'a alone': 4, 'b alone': 4, 'sum': 4, 'difference': 4, 'other': 8}
    """
    lines = {"constant": 1, "a alone": p - 1, "b alone": p - 1, "sum": p - 1, "difference": p - 1 - (p % 2 == 0)}
    return lines | {"other": p * p - sum(lines.values())}


def transformed(values: Tensor) -> Tensor:
    """2-D real Fourier coefficients over (a, b), whose basis functions are products of two basis rows.

    Parameters
    ----------
    values : Tensor (p * p, c)
        In rows a * p + b, float64.

    Returns
    -------
    Tensor (p, p, c)

    Examples
    --------
    2 + (-1)^a for p = 2: the basis functions are constant up to sign, +-1/2.

    >>> transformed(torch.tensor([[3.0], [3.0], [1.0], [1.0]], dtype=torch.float64)).squeeze(2).round(decimals=9).tolist()
    [[4.0, 0.0], [2.0, 0.0]]
    """
    p = math.isqrt(len(values))
    basis = fourier.basis(p)
    out = torch.empty(p, p, values.shape[1], dtype=torch.float64)
    for some in torch.arange(values.shape[1]).split(CLASSES_AT_ONCE):
        out[:, :, some] = basis @ torch.tensordot(basis, values.view(p, p, -1)[:, :, some], dims=1)
    return out


def random_modes(p: int, size: int, generator: np.random.Generator) -> Tensor:
    """A random set of modes without the constant one, all sets of its size being equally likely.

    Parameters
    ----------
    p : int
    size : int
        The number of modes.
    generator : numpy.random.Generator

    Returns
    -------
    Tensor (p, p) of bool
        A mask over products of basis rows.

    Examples
    --------
    >>> mask = random_modes(5, 8, np.random.default_rng(0))
    >>> int(mask.sum()), bool(mask[0, 0])
    (8, False)
    """
    mask = torch.zeros(p * p, dtype=torch.bool)
    mask[torch.from_numpy(1 + generator.choice(p * p - 1, size, replace=False))] = True
    return mask.view(p, p)


def part_of_modes(coefficients: Tensor, mask: Tensor) -> Tensor:
    """The part of functions of (a, b) that lies in given modes.

    Parameters
    ----------
    coefficients : Tensor (p, p, c)
        As from `transformed`.
    mask : Tensor (p, p) of bool

    Returns
    -------
    Tensor (p * p, c)
        In rows a * p + b.

    Examples
    --------
    2 + (-1)^a for p = 2 without its constant.

    >>> coefficients = transformed(torch.tensor([[3.0], [3.0], [1.0], [1.0]], dtype=torch.float64))
    >>> part_of_modes(coefficients, torch.tensor([[False, True], [True, True]])).flatten().round(decimals=9).tolist()
    [1.0, 1.0, -1.0, -1.0]
    """
    p, basis = len(mask), fourier.basis(len(mask)).T
    out = torch.empty(p * p, coefficients.shape[2], dtype=torch.float64)
    for some in torch.arange(coefficients.shape[2]).split(CLASSES_AT_ONCE):
        kept = basis @ (coefficients[:, :, some] * mask[:, :, None])
        out[:, some] = torch.tensordot(basis, kept, dims=1).flatten(0, 1)
    return out


def relocated(table: Tensor, generator: np.random.Generator) -> Tensor | None:
    """A function of s in Z_p with its frequencies permuted: the coefficients of cos, sin w_k s become those of cos, sin w_k' s.

    k -> k' is a random cycle through all frequencies that have a sine, so that none stays in its place.

    Parameters
    ----------
    table : Tensor (p, c)
    generator : numpy.random.Generator

    Returns
    -------
    Tensor (p, c) or None
        None where there are fewer than two such frequencies.

    Examples
    --------
    For p = 5 there are two frequencies, which change places.

    >>> wave = torch.cos(fourier.angles(5, 1))[:, None]
    >>> (relocated(wave, np.random.default_rng(0))[:, 0] - torch.cos(fourier.angles(5, 2))).abs().max().item() < 1e-12
    True
    """
    p = len(table)
    order = 1 + generator.permutation((p - 1) // 2)
    if len(order) < 2:
        return None
    rows = torch.arange(p)
    for k, target in zip(order, np.roll(order, -1), strict=True):
        rows[fourier.rows_of(int(target), p)] = torch.arange(p)[fourier.rows_of(int(k), p)]
    return fourier.basis(p).T @ fourier.coefficients(table)[rows]


def randomised(table: Tensor, generator: np.random.Generator) -> Tensor:
    """A function of s in Z_p with w_k s + theta_k in place of w_k s, theta_k uniform; a random sign for k = p / 2.

    Every output keeps its power at every frequency, and its phase relative to the other outputs.

    Parameters
    ----------
    table : Tensor (p, c)
    generator : numpy.random.Generator

    Returns
    -------
    Tensor (p, c)

    Examples
    --------
    >>> wave = torch.cos(fourier.angles(5, 1))[:, None]
    >>> turned = randomised(wave, np.random.default_rng(0))
    >>> (fourier.power(turned) - fourier.power(wave)).abs().max().item() < 1e-12, torch.allclose(turned, wave)
    (True, False)
    """
    p = len(table)
    angle = torch.from_numpy(generator.uniform(0, 2 * math.pi, p // 2))[:, None]
    if p % 2 == 0:
        angle[-1] = math.pi * (angle[-1] > math.pi)
    coefficients = torch.zeros(p + 1 - p % 2, table.shape[1], dtype=torch.float64)
    coefficients[:p] = fourier.coefficients(table)
    cosine, sine = coefficients[1::2], coefficients[2::2]
    turned = torch.stack([cosine * angle.cos() + sine * angle.sin(), sine * angle.cos() - cosine * angle.sin()], 1).flatten(0, 1)
    return fourier.basis(p).T @ torch.cat([coefficients[:1], turned])[:p]


def shares(found: Mapping[str, Part], rest: Tensor) -> dict[str, float]:
    """Each family's share of the sum of squares.

    Parameters
    ----------
    found : mapping of str to Part
        As from `parts`.
    rest : Tensor (p * p, c)
        The values less all these parts.

    Returns
    -------
    dict of str to float
        By family, `other` among them; NaN where all is zero.

    Examples
    --------
    2 + (-1)^a for p = 2: squares 4 and 1.

    >>> found = parts(torch.tensor([[3.0], [3.0], [1.0], [1.0]], dtype=torch.float64))
    >>> {name: share for name, share in shares(found, torch.zeros(4, 1)).items() if share}
    {'constant': 0.8, 'a alone': 0.2}
    """
    energies = {name: part.energy for name, part in found.items()} | {"other": float(rest.square().sum())}
    whole = sum(energies.values()) or float("nan")
    return {name: energy / whole for name, energy in energies.items()}
