"""Positions without trained parameters."""

from __future__ import annotations

import torch
from torch import Tensor


def sinusoids(n_ctx: int, d_model: int, like: Tensor) -> Tensor:
    """sin(pos / 10000^(2i / d_model)) in column 2i and cos of the same in column 2i + 1 (n_ctx, d_model); Vaswani et al. 2017, section 3.5.

    Rounded to float32 whatever the dtype, so that a network trained in float32 is measured in float64 with the numbers it was trained with.
    """
    even = torch.arange(d_model, dtype=torch.float64) // 2 * 2
    angles = torch.arange(n_ctx, dtype=torch.float64)[:, None] / 10000 ** (even / d_model)
    odd = torch.arange(d_model) % 2 == 1
    return torch.where(odd, angles.cos(), angles.sin()).float().to(like)


def rotated(x: Tensor, positions: Tensor, base: float) -> Tensor:
    """Queries or keys (..., pos, d_head), with entries i and i + d_head / 2 rotated by pos / base^(2i / d_head); Su et al. 2021.

    `positions` (pos,). Sines and cosines are rounded to float32, as those of `sinusoids`.
    """
    half = x.shape[-1] // 2
    frequencies = base ** (-torch.arange(half, dtype=torch.float64, device=x.device) / half)
    angles = positions.to(torch.float64)[:, None] * frequencies
    cosine, sine = angles.cos().float().to(x), angles.sin().float().to(x)
    left, right = x[..., :half], x[..., half:]
    return torch.cat([left * cosine - right * sine, right * cosine + left * sine], dim=-1)


def distance_penalties(heads: int, query: Tensor, key: Tensor) -> Tensor:
    """What positions alibi add to scores: -2^(-8 (h + 1) / heads) |query - key| (head, query, key); Press et al. 2022 (arXiv 2108.12409).

    `query` and `key` are positions (n,) and (m,).
    """
    rates = 2.0 ** (-8 * torch.arange(1, heads + 1, dtype=torch.float64, device=query.device) / heads)
    return -rates[:, None, None] * (query[:, None] - key).abs()
