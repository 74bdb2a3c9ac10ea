"""The triples (a, b, c) over which the gradient symmetricity of the literature is averaged."""

from __future__ import annotations

import random
from functools import cache

import torch
from torch import Tensor

SHUFFLED_IN_FULL = 10**7
"""Largest number of triples that is shuffled. Above it a sample is drawn, in microseconds; the shuffle would take minutes and gigabytes."""


@cache
def triples(p: int, count: int, seed: int = 42) -> Tensor:
    """The first `count` triples (a, b, c) of a shuffled list of all.

    All triples, in nested order, are shuffled by `random.Random(seed).shuffle`. For p^3 above ten million, `random.Random(seed).sample`
    is used instead.

    Parameters
    ----------
    p : int
    count : int
        The number of triples; all where there are fewer.
    seed : int, default 42

    Returns
    -------
    Tensor (count, 3)

    References
    ----------
    Released code of Zhong et al. 2023 (arXiv 2306.17844).

    Examples
    --------
    >>> sorted(triples(2, 8).tolist())[:3]
    [[0, 0, 0], [0, 0, 1], [0, 1, 0]]
    >>> triples(5, 100).shape
    torch.Size([100, 3])
    """
    generator, total = random.Random(seed), p**3
    if total > SHUFFLED_IN_FULL:
        chosen = generator.sample(range(total), count)
    else:
        order = list(range(total))
        generator.shuffle(order)
        chosen = order[:count]
    index = torch.tensor(chosen)
    return torch.stack([index // p**2, index // p % p, index % p], dim=1)
