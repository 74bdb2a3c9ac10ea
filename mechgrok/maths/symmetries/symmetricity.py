"""Which (a, b, c) the gradient symmetricity of the literature is averaged over."""

from __future__ import annotations

import random
from functools import cache

import torch
from torch import Tensor

SHUFFLED_IN_FULL = 10**7
"""Above so many triples a sample is drawn instead: it takes microseconds where the shuffle takes minutes and gigabytes."""


@cache
def triples(p: int, count: int, seed: int = 42) -> Tensor:
    """(count, 3): the first of all (a, b, c), in nested order, that `random.Random(seed).shuffle` gives; all where there are fewer.

    Released code of Zhong et al. 2023 (arXiv 2306.17844). For p^3 above ten million, `random.Random(seed).sample` instead.
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
