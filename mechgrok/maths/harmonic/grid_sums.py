"""The energies of functions of (a, b) that `fourier.grid_energies` computes, from the values at a few a at a time."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier


class GridSums:
    """2-D Fourier coefficients of m functions of (a, b) in the cells that energies need, added up over a.

    Kept are the coefficients constant in a, those constant in b, and those of equal frequency in a and b: 4 p m numbers for p^2 m values.

    Parameters
    ----------
    p : int
    functions : int
        m.

    Examples
    --------
    cos w_1 a cos w_1 b modulo 5 has sum of squares (5 / 2)^2, all of it at frequency 1.

    >>> wave = torch.cos(fourier.angles(5, 1))
    >>> sums = GridSums(5, 1)
    >>> for a in range(5):
    ...     sums.add(a, (wave[a] * wave)[None, :, None])
    >>> explained, variance, energy = sums.energies()
    >>> explained[:, 0].round(decimals=9).tolist(), variance.round(decimals=9).tolist()
    ([6.25, 0.0], [6.25])
    """

    def __init__(self, p: int, functions: int) -> None:
        self._basis = basis = fourier.basis(p)
        self._cosine, self._sine = _waves_of_rows(basis)
        self._constant_in_a, self._constant_in_b, self._cosines_in_a, self._sines_in_a = torch.zeros(4, p, functions, dtype=torch.float64)
        self._energy = torch.zeros(functions, dtype=torch.float64)

    def add(self, start: int, values: Tensor) -> None:
        """Add the values at a = start, start + 1, ...

        Parameters
        ----------
        start : int
        values : Tensor (a, p, m)
            Float64.
        """
        here = slice(start, start + len(values))
        over_b = self._basis @ values
        self._constant_in_a += over_b.sum(0) / math.sqrt(len(self._basis))
        self._constant_in_b += self._basis[:, here] @ over_b[:, 0]
        for at_a, cosine, sine in zip(over_b, self._cosine[:, here].T, self._sine[:, here].T, strict=True):
            self._cosines_in_a.addcmul_(cosine[:, None], at_a)
            self._sines_in_a.addcmul_(sine[:, None], at_a)
        self._energy += torch.stack([at_a.square().sum(0) for at_a in over_b]).sum(0)

    def energies(self) -> tuple[Tensor, Tensor, Tensor]:
        """The energies of the functions whose values have been added at every a.

        Returns
        -------
        explained : Tensor (p // 2, m)
        variance : Tensor (m,)
            The sum of squares around the mean.
        energy : Tensor (m,)
            The sum of squares.
        """
        p = len(self._basis)
        parts = (self._constant_in_a, self._constant_in_b, self._cosines_in_a, self._sines_in_a)
        squares = torch.stack([part.square() for part in parts]).sum(0)
        explained = torch.zeros(p // 2 + 1, squares.shape[1], dtype=torch.float64).index_add_(0, fourier.row_frequency(p), squares)
        return explained[1:], self._energy - self._constant_in_b[0].square(), self._energy


def _waves_of_rows(basis: Tensor) -> tuple[Tensor, Tensor]:
    """For each basis row the cosine and the sine of its frequency (p, p); zeros for the constant, and for the sine of p / 2."""
    p = len(basis)
    padded = torch.cat([basis, torch.zeros(1, p, dtype=torch.float64)])
    cosine = 2 * fourier.row_frequency(p) - 1
    found = padded[cosine.clamp_min(0)], padded[cosine + 1]
    return tuple(rows.index_fill(0, torch.tensor([0]), 0.0) for rows in found)  # type: ignore[return-value]
