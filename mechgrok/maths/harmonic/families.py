"""Functions of two operands by the family of their 2-D Fourier modes, and random modes to compare with.

In complex modes exp i(w_k a + w_l b): constant (0, 0), a alone (k, 0), b alone (0, l), sum (k, k), difference (k, -k), other. For even p
the mode (p/2, p/2) is both sum and difference, and counts as sum. All but `other` are functions of a, b, a + b or a - b, which makes
projections on them means over rows.
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
"""Outputs transformed in one go, so that beside the result little is held."""


@dataclass(frozen=True)
class Part:
    """A function of (a, b) that depends on one index: values table[index], index (p * p,), table (values of the index, c)."""

    index: Tensor
    table: Tensor

    @property
    def values(self) -> Tensor:
        """On every row a * p + b (p * p, c)."""
        return self.table.index_select(0, self.index)

    @property
    def energy(self) -> float:
        """Sum of squares over all rows and outputs."""
        return float((torch.bincount(self.index, minlength=len(self.table)).double() @ self.table.square()).sum())


def parts(values: Tensor) -> dict[str, Part]:
    """What each family but `other` explains of functions of (a, b), values (p * p, c) in rows a * p + b."""
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
    """How many real modes each family has; p * p in all."""
    lines = {"constant": 1, "a alone": p - 1, "b alone": p - 1, "sum": p - 1, "difference": p - 1 - (p % 2 == 0)}
    return lines | {"other": p * p - sum(lines.values())}


def transformed(values: Tensor) -> Tensor:
    """2-D real Fourier coefficients of values (p * p, c) over (a, b): products of basis rows, shape (p, p, c)."""
    p = math.isqrt(len(values))
    basis = fourier.basis(p)
    out = torch.empty(p, p, values.shape[1], dtype=torch.float64)
    for some in torch.arange(values.shape[1]).split(CLASSES_AT_ONCE):
        out[:, :, some] = basis @ torch.tensordot(basis, values.view(p, p, -1)[:, :, some], dims=1)
    return out


def random_modes(p: int, size: int, generator: np.random.Generator) -> Tensor:
    """A mask (p, p) over products of basis rows with `size` of them, none constant, all sets being as likely."""
    mask = torch.zeros(p * p, dtype=torch.bool)
    mask[torch.from_numpy(1 + generator.choice(p * p - 1, size, replace=False))] = True
    return mask.view(p, p)


def part_of_modes(coefficients: Tensor, mask: Tensor) -> Tensor:
    """What some modes explain: coefficients (p, p, c) from `transformed`, mask (p, p) -> values (p * p, c)."""
    p, basis = len(mask), fourier.basis(len(mask)).T
    out = torch.empty(p * p, coefficients.shape[2], dtype=torch.float64)
    for some in torch.arange(coefficients.shape[2]).split(CLASSES_AT_ONCE):
        kept = basis @ (coefficients[:, :, some] * mask[:, :, None])
        out[:, some] = torch.tensordot(basis, kept, dims=1).flatten(0, 1)
    return out


def relocated(table: Tensor, generator: np.random.Generator) -> Tensor | None:
    """A function of s in Z_p (p, c) whose frequencies have changed places: what cos, sin w_k s carried, cos, sin w_k' s carry.

    k -> k' is a random cycle through all frequencies that have a sine, so that none stays. None where there are fewer than two.
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
    """A function of s in Z_p (p, c) with w_k s + theta_k in place of w_k s, theta_k uniform; a random sign for k = p / 2.

    Every output keeps its power at every frequency, and its phase relative to the other outputs.
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
    """Each family's part of the sum of squares, `rest` (p * p, c) being what `parts` leaves; NaN where all is zero."""
    energies = {name: part.energy for name, part in found.items()} | {"other": float(rest.square().sum())}
    whole = sum(energies.values()) or float("nan")
    return {name: energy / whole for name, energy in energies.items()}
