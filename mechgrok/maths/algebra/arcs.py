"""Sets of elements of a cyclic group that are arcs of the circle on which a frequency places them."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def at_frequency_one(values: Tensor, frequency: int) -> Tensor:
    """Values of the elements in the order of the circle of a frequency, means over the elements that share a place.

    h'(x) = h(d x), d the inverse of f / g modulo n / g with g = gcd(f, n), so that a wave of frequency f becomes one of frequency 1. The
    g elements a with the same f a modulo n, a coset, share a place.

    Parameters
    ----------
    values : Tensor (n, ...)
        h, along the first axis.
    frequency : int
        f, from 1 to n // 2.

    Returns
    -------
    Tensor (n / g, ...)

    References
    ----------
    McCracken et al. 2025 (arXiv 2505.18266), remapping of neurons to frequency 1.

    Examples
    --------
    >>> at_frequency_one(torch.tensor([0.0, 3.0, 1.0, 4.0, 2.0]), 2).tolist()
    [0.0, 4.0, 3.0, 2.0, 1.0]
    >>> at_frequency_one(torch.tensor([0.0, 1.0, 2.0, 3.0]), 2).tolist()
    [1.0, 2.0]
    """
    n = len(values)
    shared = math.gcd(frequency, n)
    place = frequency // shared * torch.arange(n) % (n // shared)
    return values.new_zeros(n // shared, *values.shape[1:]).index_add_(0, place, values) / shared


def arcs(inside: Tensor) -> Tensor:
    """Number of arcs that sets of places on a circle consist of; 0 for none and for all places.

    Parameters
    ----------
    inside : Tensor (n, ...), bool
        Whether each place is in the set, along the first axis.

    Returns
    -------
    Tensor (...), int64

    Examples
    --------
    >>> arcs(torch.tensor([[True, True, False, True], [True, False, True, False], [True, True, True, True]]).T).tolist()
    [1, 2, 0]
    """
    return (inside & ~inside.roll(1, 0)).sum(0)
