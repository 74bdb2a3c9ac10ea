"""Responses of a network to a change of its data, from the losses of networks sampled around it."""

from __future__ import annotations

import torch
from torch import Tensor


def susceptibility(rise: Tensor, train: Tensor, probe: Tensor, shift: float) -> Tensor:
    """E[phi L] - E[phi l] - E[phi] (<L> - <l>), for each chain.

    E: over draws in which one component moves; <>: over draws in which all weights move. Where both are means over the same draws, this is
    minus the covariance of phi and l - L.

    Parameters
    ----------
    rise : Tensor (chain, draw)
        phi = L(w) - L(w_0), where the component moves.
    train : Tensor (chain, draw)
        L, the train loss, of the same draws.
    probe : Tensor (chain, draw)
        l, the loss over the rows towards which the data are shifted, of the same draws.
    shift : float
        <L> - <l>.

    Returns
    -------
    Tensor (chain,)
        Squared nats. Positive where phi rises as the data shift towards the rows of l.

    References
    ----------
    Baker et al. 2025 (arXiv 2504.18274), appendix C.4, whose library has the same estimator.

    Examples
    --------
    phi is 0 or 2, l - L is 0 or 4, and <l> - <L> is 2: the covariance is 2.

    >>> rise = torch.tensor([[0.0, 2.0]])
    >>> susceptibility(rise, rise, 3 * rise, -2.0).tolist()
    [-2.0]
    """
    return (rise * (train - probe)).mean(1) - rise.mean(1) * shift


def correlations(first: Tensor, second: Tensor) -> Tensor:
    """Pearson correlation over draws of every column of one table with every column of another.

    Parameters
    ----------
    first : Tensor (draw, n)
    second : Tensor (draw, m)

    Returns
    -------
    Tensor (n, m)
        NaN for a constant column.

    References
    ----------
    Kreer et al. 2025 (arXiv 2509.26544): minus the covariance of two losses over the local posterior is their Bayesian influence; its
    authors normalise it to a correlation.

    Examples
    --------
    >>> table = torch.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, -1.0]], dtype=torch.float64)
    >>> correlations(table, table).round(decimals=9).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    return _unit(first).T @ _unit(second)


def _unit(table: Tensor) -> Tensor:
    """Columns less their mean, of norm 1; NaN where all entries are the same."""
    centred = table - table.mean(0)
    constant = (table == table[0]).all(0)
    return centred / torch.where(constant, torch.nan, centred.norm(dim=0))
