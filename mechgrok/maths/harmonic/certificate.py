"""A proof that rows of a table are answered rightly, shorter than computing all logits.

The logits are a constant plus states times readouts. A readout is its projection on a few frequencies of the classes, which is multiplied
out for every row, plus a rest E. States are functions of a, of b, of a + b and of a - b, which are multiplied out for every element, plus
a remainder r. Only r E is not computed: r (E_c - E_y) is at most |r| |E_c - E_y|.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier

ROUNDING = 1e-9
"""The least margin that counts, as a part of the largest logit and bound of a row: far above what float64 loses."""
DIAGONALS = 4
"""The numbers a, b, a + b and a - b modulo p."""


@dataclass(frozen=True)
class Part:
    """States of all rows, decomposed, with the matrix that reads them.

    Attributes
    ----------
    mean : Tensor (w,)
        Of the states over the rows.
    centred : Tensor (n, w)
        The states less their mean.
    tables : tuple of (Tensor (n,), Tensor (p, w))
        The value of a diagonal in each row, and the mean of what earlier tables left, over the rows of each value.
    remainder : Tensor (n,)
        The norm of the states less mean and tables.
    readout : Tensor (w, p)

    Examples
    --------
    States a + 10 b over all pairs modulo 3 are functions of a and of b: nothing remains.

    >>> operands = torch.cartesian_prod(torch.arange(3), torch.arange(3))
    >>> part = decompose((operands[:, :1] + 10 * operands[:, 1:]).double(), torch.ones(1, 3, dtype=torch.float64), operands)
    >>> part.mean.tolist(), bool(part.remainder.max() < 1e-12)
    ([11.0], True)
    """

    mean: Tensor
    centred: Tensor
    tables: tuple[tuple[Tensor, Tensor], ...]
    remainder: Tensor
    readout: Tensor


def decompose(states: Tensor, readout: Tensor, operands: Tensor) -> Part:
    """The states as functions of a, b, a + b and a - b, and the norm of what remains.

    Parameters
    ----------
    states : Tensor (n, w)
    readout : Tensor (w, p)
    operands : Tensor (n, 2), int64
        a and b of each row, from 0 to p - 1.

    Returns
    -------
    Part

    Examples
    --------
    >>> operands = torch.cartesian_prod(torch.arange(5), torch.arange(5))
    >>> part = decompose(torch.cos(fourier.angles(5, 1))[(operands[:, :1] + 2 * operands[:, 1:]) % 5], torch.eye(5)[:1], operands)
    >>> round(float(part.remainder.square().sum()), 9)
    12.5
    """
    p, (a, b) = readout.shape[1], operands.T
    mean = states.mean(0)
    centred = states - mean
    rest, tables = centred, []
    for value in (a, b, (a + b) % p, (a - b) % p):
        counts = torch.bincount(value, minlength=p).clamp_min(1)[:, None]
        table = states.new_zeros(p, states.shape[1]).index_add_(0, value, rest) / counts
        rest = rest - table[value]
        tables.append((value, table))
    return Part(mean, centred, tuple(tables), rest.norm(dim=1), readout)


def proven_margins(parts: Sequence[Part], bias: Tensor, labels: Tensor, keys: Sequence[int]) -> Tensor:
    """A lower bound on the margin of every row: the logit of its label less the largest other logit.

    min over c other than the label y of known_y - known_c - sum over parts of |r| |E_c - E_y|, less 1e-9 of the largest number of the row
    for rounding. known = bias + mean V + (s V_keys) + tables E, V_keys the projection of the readout V on the keys, E = V - V_keys, s the
    centred states. By Cauchy-Schwarz it holds for any parts and any keys.

    Parameters
    ----------
    parts : sequence of Part
        The logits are bias + sum over parts of states times readout.
    bias : Tensor (p,)
    labels : Tensor (n,), int64
    keys : sequence of int
        Frequencies of the classes, from 1 to p // 2. A better choice gives larger bounds.

    Returns
    -------
    Tensor (n,)

    References
    ----------
    After Wu et al. 2024 (arXiv 2410.07476) and Gross et al. 2024 (arXiv 2406.11779).

    Examples
    --------
    Logits 2 cos w_1 (a + b - c) modulo 5 from states that are cosine and sine: the margin of all rows is 2 - 2 cos w_1 = 1.382.

    >>> operands = torch.cartesian_prod(torch.arange(5), torch.arange(5))
    >>> waves = fourier.basis(5)[1:3]
    >>> part = decompose(waves.T[operands.sum(1) % 5], 5 * waves, operands)
    >>> margins = proven_margins([part], torch.zeros(5, dtype=torch.float64), operands.sum(1) % 5, [1])
    >>> round(float(margins.min()), 6), round(float(margins.max()), 6)
    (1.381966, 1.381966)
    """
    rows = torch.cat([fourier.basis(len(bias))[fourier.rows_of(k, len(bias))] for k in keys])
    known, doubt = bias.expand(len(labels), -1), torch.zeros(len(labels), len(bias), dtype=bias.dtype)
    for part in parts:
        coefficients = part.readout @ rows.T
        rest = part.readout - coefficients @ rows
        known = known + part.mean @ part.readout + (part.centred @ coefficients) @ rows
        known = known + sum((table @ rest)[value] for value, table in part.tables)
        doubt = doubt + part.remainder[:, None] * _distances(rest)[labels]
    margins = known.gather(1, labels[:, None]) - known - doubt
    least = margins.scatter(1, labels[:, None], torch.inf).amin(1)
    return least - ROUNDING * (known.abs().amax(1) + doubt.amax(1))


def _distances(rest: Tensor) -> Tensor:
    """|E_c - E_c'| (p, p), from differences, since products would lose small ones to rounding."""
    columns = rest.T.contiguous()
    return torch.cdist(columns, columns, compute_mode="donot_use_mm_for_euclid_dist")


def operations(rows: int, classes: int, widths: Sequence[int], directions: int) -> int:
    """Additions and multiplications of `proven_margins` and `decompose`, as a count of multiply-adds.

    Per row and state: 1 for the mean, 1 to subtract it, 2 for each of four tables (sum and difference), 1 for the norm, and one for each
    direction. Per row and class: one for each direction, 4 for the tables, and 3 for each bound and the comparison. Once: 3 w p directions
    for the readout, 4 p^2 w for the tables, p^2 w for the distances, p w for the mean.

    Parameters
    ----------
    rows : int
        n.
    classes : int
        p.
    widths : sequence of int
        w of each part.
    directions : int
        Basis rows of the keys: two a frequency, one for p / 2.

    Returns
    -------
    int

    Examples
    --------
    >>> operations(25, 5, [10], 2) > 25 * 5 * 10, operations(10_000, 100, [512], 8) < 10_000 * 100 * 512 / 3
    (True, True)
    """
    w, p = sum(widths), classes
    each_row = w * (3 + 2 * DIAGONALS + directions) + p * (directions + DIAGONALS + 2 * len(widths) + 1)
    return rows * each_row + w * p * (3 * directions + (DIAGONALS + 1) * p + 1)


def brute_force(rows: int, classes: int, neurons: int, stream: int) -> int:
    """Multiply-adds that give all logits from neurons and stream, in the cheaper order, and compare them.

    Either both are multiplied by their readouts into the classes, or the neurons are first written into the stream.

    Parameters
    ----------
    rows, classes, neurons, stream : int
        Numbers of them; stream 0 where the logits are read off the neurons alone.

    Returns
    -------
    int

    Examples
    --------
    >>> brute_force(10, 3, 8, 0), brute_force(10, 100, 8, 2)
    (270, 3160)
    """
    into_classes = (neurons + stream) * classes
    through_stream = neurons * stream + stream * classes if stream else into_classes
    return rows * (min(into_classes, through_stream) + classes)
