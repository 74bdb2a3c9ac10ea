"""How far rows are from what others would have them be."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from mechgrok.maths.harmonic import ablation


def mahalanobis(values: Tensor, trusted: Tensor, ridge: float) -> Tensor:
    """sqrt((x - mu)^T (S + ridge tr S / m)^-1 (x - mu)) of every row: (n, m), mask (n,) -> (n,); mu, S of the trusted rows, S over n.

    The ridge keeps directions in which trusted rows do not vary, as of dead neurons, from being infinitely far. 0 where none varies.
    """
    known = values[trusted]
    centred = values - known.mean(0)
    S = known.T.cov(correction=0).reshape(values.shape[1], -1)
    scale = S.trace() / len(S)
    if scale <= 0:
        return torch.zeros(len(values), dtype=values.dtype)
    root = torch.linalg.cholesky(S + ridge * scale * torch.eye(len(S), dtype=S.dtype))
    return torch.linalg.solve_triangular(root, centred.T, upper=False).norm(dim=0)


def waves_of(p: int, keys: Iterable[int], elements: Tensor) -> Tensor:
    """1, cos w_k t and sin w_k t of elements t of Z_p: (n,) -> (n, 1 + 2 keys)."""
    chosen = list(keys)
    rows = ablation.waves(p, chosen) * (p / 2) ** 0.5 if chosen else torch.zeros(0, p, dtype=torch.float64)
    return torch.cat([torch.ones(1, p, dtype=torch.float64), rows])[:, elements].T


def polynomials(p: int, keys: Iterable[int], operands: Tensor) -> Tensor:
    """The degree-2 polynomials of each key frequency, {1, cos, sin}(a) x {1, cos, sin}(b): operands (n, 2) -> (n, 1 + 8 keys).

    Nanda et al. 2023 (arXiv 2301.05217), section 4.2.
    """
    columns = [torch.ones(len(operands), 1, dtype=torch.float64)]
    for k in keys:
        a, b = (waves_of(p, [k], operands[:, i]) for i in (0, 1))
        columns.append((a[:, :, None] * b[:, None, :]).flatten(1)[:, 1:])
    return torch.cat(columns, dim=1)


def misfit(values: Tensor, columns: Tensor, trusted: Tensor) -> Tensor:
    """|x - fit| of every row, the least-squares fit of x (n, m) by columns (n, q) being that of the trusted rows, mask (n,) -> (n,)."""
    fit = torch.linalg.pinv(columns[trusted]) @ values[trusted]
    return (values - columns @ fit).norm(dim=1)


def remainder(values: Tensor, columns: Tensor) -> Tensor:
    """What is left of x (n, m) by its least-squares fit by columns (n, q): (n, m)."""
    return values - columns @ (torch.linalg.pinv(columns) @ values)


def profile(logits: Tensor, phase: Tensor, rows: Tensor) -> Tensor:
    """g(d) = mean over some rows, a mask (n,), of L[n, phase + d]: (n, p), (n,) -> (p,)."""
    p = logits.shape[1]
    shifted = (phase[rows, None] + torch.arange(p)) % p
    return logits[rows].gather(1, shifted).mean(0)


def off_profile(logits: Tensor, phase: Tensor, keys: Iterable[int], trusted: Tensor) -> Tensor:
    """|L[n, c] - mean_c L[n, c] - g_K(c - phase)| over c, of every row (n,): g_K the key frequencies of the trusted rows' profile.

    g_K is the least-squares fit over the trusted rows by cos and sin of w_k(c - phase), which are orthogonal as c runs over Z_p.
    """
    p = logits.shape[1]
    kept = ablation.part_of_rows(profile(logits, phase, trusted), keys)
    expected = kept[(torch.arange(p) - phase[:, None]) % p]
    return (logits - logits.mean(1, keepdim=True) - expected).norm(dim=1)


def mean_of_each(values: Tensor, groups: Tensor, count: int) -> Tensor:
    """Means of the rows of each group (n, m), (n,) -> (count, m); 0 for a group without rows."""
    sums = values.new_zeros(count, values.shape[1]).index_add_(0, groups, values)
    return sums / torch.bincount(groups, minlength=count).clamp_min(1)[:, None]
