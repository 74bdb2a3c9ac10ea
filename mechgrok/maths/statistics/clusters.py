"""Errors of means over rows that come in clusters, such as questions about the same thing."""

from __future__ import annotations

import numpy as np


def clustered_error(values: np.ndarray, clusters: np.ndarray) -> float:
    """Standard error of the mean of `values` (n,) where only whole `clusters` (n,) are independent of each other.

    sqrt(G / (G - 1) sum_g (sum_{i in g} (y_i - mean y))^2) / n for G clusters (Liang and Zeger 1986, with the usual correction). With one
    row in each cluster it is the standard error of a mean. NaN for fewer than two clusters.
    """
    count = len(np.unique(clusters))
    if count < 2:
        return float("nan")
    index = np.unique(clusters, return_inverse=True)[1].ravel()
    sums = np.bincount(index, weights=values - values.mean())
    return float(np.sqrt(count / (count - 1) * (sums**2).sum()) / len(values))
