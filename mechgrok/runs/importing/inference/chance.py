"""Right rows against those by chance, and the sign test between two networks."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor


def expected_right(predicted: Tensor, labels: Tensor, classes: int) -> float:
    """Right rows if predictions were dealt out to the rows at random: n sum over c of P(prediction c) P(label c)."""
    n = max(len(labels), 1)
    return float((torch.bincount(predicted, minlength=classes).double() * torch.bincount(labels, minlength=classes).double()).sum()) / n


def log_tail(right: int, rows: int, by_chance: float) -> float:
    """An upper bound (Chernoff) of the log probability of at least `right` right rows out of `rows`, where `by_chance` are expected."""
    if not rows or right <= by_chance:
        return 0.0
    q, chance = right / rows, min(max(by_chance / rows, 1e-9), 1 - 1e-9)
    return -rows * (q * math.log(q / chance) + (0.0 if q == 1 else (1 - q) * math.log((1 - q) / (1 - chance))))


def sign_test(one: np.ndarray, other: np.ndarray) -> float:
    """Probability of so many rows that are right in one network only, out of those that are right in one of two, if both are alike."""
    wins, losses = int((one & ~other).sum()), int((other & ~one).sum())
    n, most = wins + losses, max(wins, losses)
    tail = sum(math.comb(n, k) for k in range(most, n + 1)) / 2**n if n < 1000 else math.exp(log_tail(most, n, n / 2))
    return min(1.0, 2 * tail)
