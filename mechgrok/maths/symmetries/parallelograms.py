"""Parallelograms of an embedding: two pairs of tokens with equal sums whose embeddings have equal sums, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor


def standardised(embedding: Tensor) -> Tensor:
    """The embedding less its mean over the tokens, scaled so that the mean of |E_i|^2 over the tokens is 1.

    Parameters
    ----------
    embedding : Tensor (p, d)

    Returns
    -------
    Tensor (p, d)
        Float64; NaN where the embedding is constant over the tokens.

    Examples
    --------
    >>> standardised(torch.tensor([[1.0], [3.0]])).tolist()
    [[-1.0], [1.0]]
    """
    centred = embedding.double() - embedding.double().mean(0)
    return centred / centred.square().sum(1).mean().sqrt()


def counts(embedding: Tensor, distances: Sequence[float], *, modular: bool) -> tuple[int, Tensor]:
    """The number of quadruples with equal sums, and how many of them are parallelograms up to each distance.

    A quadruple is two different unordered pairs {i, j} and {m, n}, each with i <= j, of equal sum: modulo p, or as integers. It is a
    parallelogram up to a distance if |E_i + E_j - E_m - E_n| is below it. The time grows with p^3 / 8, the memory with p^2 / 4.

    Parameters
    ----------
    embedding : Tensor (p, d)
        Float64.
    distances : sequence of float
    modular : bool
        Whether sums are equal modulo p, or as integers.

    Returns
    -------
    quadruples : int
    parallelograms : Tensor (distances,), int64

    References
    ----------
    Liu et al. 2022 (arXiv 2205.10343), section 3.

    Examples
    --------
    On a line 0, 1, 2, 3 pairs of equal integer sum are (0, 2) with (1, 1), (0, 3) with (1, 2), (1, 3) with (2, 2), all parallelograms.

    >>> counts(torch.arange(4.0, dtype=torch.float64)[:, None], [0.01], modular=False)
    (3, tensor([3]))
    """
    limits = torch.tensor(distances, dtype=torch.float64)
    quadruples, found = 0, torch.zeros(len(limits), dtype=torch.int64)
    for first, second in _pairs_by_sum(len(embedding), modular=modular):
        sums = embedding[first] + embedding[second]
        between = torch.pdist(sums)
        quadruples += len(between)
        found += (between < limits[:, None]).sum(1)
    return quadruples, found


def _pairs_by_sum(p: int, *, modular: bool) -> Iterator[tuple[Tensor, Tensor]]:
    """The unordered pairs i <= j of each sum."""
    first, second = torch.triu_indices(p, p)
    sums = (first + second) % p if modular else first + second
    order = sums.argsort(stable=True)
    sizes = torch.bincount(sums).tolist()
    yield from zip(first[order].split(sizes), second[order].split(sizes), strict=True)
