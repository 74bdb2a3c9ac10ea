"""How well a score separates positive rows from negative ones, with intervals for rows that come in clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

QUANTILES = (0.025, 0.975)
NAN = float("nan")


@dataclass(frozen=True)
class Detection:
    """AUROC and average precision with 95 % intervals; NaN where there are no positive or no negative rows.

    Attributes
    ----------
    auroc, auroc_low, auroc_high : float
        Area under the ROC curve, from 0 to 1, and the ends of its interval.
    auprc, auprc_low, auprc_high : float
        Average precision, from 0 to 1, and the ends of its interval.
    """

    auroc: float
    auroc_low: float
    auroc_high: float
    auprc: float
    auprc_low: float
    auprc_high: float


NOTHING = Detection(NAN, NAN, NAN, NAN, NAN, NAN)


def auroc(scores: Tensor, positive: Tensor) -> float:
    """P(s+ > s-) + P(s+ = s-) / 2 for a positive and a negative row drawn at random, by ranks (Mann-Whitney).

    Parameters
    ----------
    scores : Tensor (n,)
    positive : Tensor (n,) of bool

    Returns
    -------
    float
        From 0 to 1; NaN without positive or without negative rows.

    Examples
    --------
    Of the four pairs three are in the right order.

    >>> auroc(torch.tensor([4.0, 2.0, 3.0, 1.0]), torch.tensor([True, True, False, False]))
    0.75
    """
    # The controls take thousands of areas, and scikit-learn's checks of its arguments would take 20 times the area itself.
    _, place, counts = scores.unique(return_inverse=True, return_counts=True)
    middle = counts.cumsum(0).double() - (counts - 1).double() / 2
    count = int(positive.sum())
    others = len(scores) - count
    wins = float(middle[place[positive]].sum()) - count * (count + 1) / 2
    return wins / (count * others) if count and others else NAN


def average_precision(scores: Tensor, positive: Tensor, weights: Tensor | None = None) -> Tensor:
    """sum_t (R_t - R_(t-1)) P_t over the different scores t, from the highest, with recall R_t and precision P_t of the rows from t on.

    This is the area under the precision-recall curve without interpolation; equal scores enter together.

    Parameters
    ----------
    scores : Tensor (n,)
    positive : Tensor (n,) of bool
    weights : Tensor (draws, n), optional
        Weights of the rows; by default one draw of equal weights.

    Returns
    -------
    Tensor (draws,)
        From 0 to 1; NaN without positive rows.

    Examples
    --------
    Recall 1/2 at precision 1, and 1/2 more at precision 2/3.

    >>> average_precision(torch.tensor([4.0, 2.0, 3.0, 1.0]), torch.tensor([True, True, False, False])).mul(6).tolist()
    [5.0]
    """
    order = scores.argsort(descending=True)
    ordered, hits = scores[order], positive[order].double()
    weights = torch.ones(1, len(scores), dtype=torch.float64) if weights is None else weights[:, order]
    ends = torch.cat([ordered[1:] != ordered[:-1], torch.ones(1, dtype=torch.bool)])
    found, called = (weights * hits).cumsum(1)[:, ends], weights.cumsum(1)[:, ends]
    gained = found.diff(dim=1, prepend=found.new_zeros(len(found), 1))
    return (gained * found / called.clamp_min(1e-300)).sum(1) / found[:, -1]


def detected(scores: Tensor, positive: Tensor, clusters: Tensor, draws: int, seed: int) -> Detection:
    """Both areas, with percentile intervals of a bootstrap over clusters.

    Clusters are drawn with repetition and with all of their rows. Those that hold positive rows and the others are drawn separately, so
    that every draw has as many of either kind.

    Parameters
    ----------
    scores : Tensor (n,)
    positive : Tensor (n,) of bool
    clusters : Tensor (n,)
        The cluster of each row, integers from 0.
    draws : int
        The number of bootstrap samples.
    seed : int

    Returns
    -------
    Detection

    Examples
    --------
    All scores are in the right order in every draw.

    >>> detected(torch.tensor([4.0, 3.0, 2.0, 1.0]), torch.tensor([True, True, False, False]), torch.arange(4), 10, 0)
    Detection(auroc=1.0, auroc_low=1.0, auroc_high=1.0, auprc=1.0, auprc_low=1.0, auprc_high=1.0)
    """
    if not positive.any() or positive.all():
        return NOTHING
    times = _draws(positive, clusters, draws, seed)
    above, found, others = _pairs(scores, positive, clusters, times.shape[1])
    areas = ((times @ above) * times).sum(1) / ((times @ found) * (times @ others))
    precisions = average_precision(scores, positive, times[:, clusters])
    whole = auroc(scores, positive), float(average_precision(scores, positive))
    return Detection(whole[0], *_interval(areas), whole[1], *_interval(precisions))


def _draws(positive: Tensor, clusters: Tensor, draws: int, seed: int) -> Tensor:
    """How often each cluster is drawn (draws, clusters)."""
    generator, count = np.random.default_rng(seed), int(clusters.max()) + 1
    holding = torch.zeros(count, dtype=torch.bool).index_fill_(0, clusters[positive], True)
    there = torch.bincount(clusters, minlength=count) > 0
    times = torch.zeros(draws, count, dtype=torch.float64)
    for stratum in (holding, there & ~holding):
        size = int(stratum.sum())
        if size:
            times[:, stratum] = torch.from_numpy(generator.multinomial(size, np.full(size, 1 / size), draws)).double()
    return times


def _pairs(scores: Tensor, positive: Tensor, clusters: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Pairs won by positive rows of a cluster over negative rows of another (clusters, clusters), ties half; rows of either kind."""
    above = torch.zeros(count, count, dtype=torch.float64)
    ours, where = scores[positive].contiguous(), clusters[positive]
    for cluster in clusters[~positive].unique().tolist():
        theirs = scores[~positive & (clusters == cluster)].sort().values
        won = (torch.searchsorted(theirs, ours) + torch.searchsorted(theirs, ours, right=True)).double() / 2
        above[:, cluster].index_add_(0, where, won)
    found, others = (torch.bincount(clusters[rows], minlength=count).double() for rows in (positive, ~positive))
    return above, found, others


def _interval(values: Tensor) -> tuple[float, float]:
    """The middle 95 % of the draws that have rows of both kinds."""
    known = values[values.isfinite()].numpy()
    return (float(np.quantile(known, QUANTILES[0])), float(np.quantile(known, QUANTILES[1]))) if len(known) else (NAN, NAN)
