"""The value of what a claim is about, for one seed: a number, an event, or two numbers compared."""

from __future__ import annotations

import pandas as pd

from mechgrok.analysis import Difference, Number, Quantity, Ratio, Reached, Share
from mechgrok.studies.bisection import share_ratio
from mechgrok.studies.pace import Interval
from mechgrok.studies.trained import Trained


def value(trained: Trained, wanted: Quantity, seed: int) -> Interval | str:
    """The bounds of a quantity for a seed, or the reason why it is missing."""
    if isinstance(wanted, Share):
        return share_ratio(trained.study, wanted, seed, trained.out)
    if isinstance(wanted, Difference):
        return difference(_single(trained, wanted.value, seed), _single(trained, wanted.less, seed))
    if isinstance(wanted, Ratio):
        return ratio(trained.value(wanted.value, seed), trained.value(wanted.over, seed))
    return trained.value(wanted, seed)


def difference(one: Interval | str, other: Interval | str) -> Interval | str:
    """The bounds of a difference of two numbers, or the reason why one of them is missing."""
    if isinstance(one, str) or isinstance(other, str):
        return one if isinstance(one, str) else other
    return one[0] - other[1], one[1] - other[0]


def ratio(one: Interval | str, other: Interval | str) -> Interval | str:
    """The bounds of a ratio of two positive numbers, or the reason why it is missing."""
    if isinstance(one, str) or isinstance(other, str):
        return one if isinstance(one, str) else other
    if not (one[0] > 0 and other[0] > 0):
        return "a number that is not positive has no ratio"
    return one[0] / other[1], one[1] / other[0]


def reached(values: pd.Series, share: float) -> int | None:
    """The first index at which a value is at least a share of the largest; None where none is above 0."""
    above = values.index[values >= share * values.max()]
    return int(above[0]) if values.max() > 0 else None


def _single(trained: Trained, wanted: Number | Reached, seed: int) -> Interval | str:
    """A number, or the step of an event."""
    if isinstance(wanted, Number):
        return trained.value(wanted, seed)
    if (wanted.trial, seed) not in trained.runs:
        return f"{wanted.trial} is not trained with seed {seed}"
    history = trained.history(wanted.trial, seed, wanted.measure)
    if isinstance(history, str):
        return history
    if wanted.key not in history:
        return f"{wanted.trial} has no {wanted.key} of {wanted.measure}"
    step = reached(pd.to_numeric(history[wanted.key], errors="coerce").dropna().sort_index(), wanted.share)
    return f"no {wanted.key} of {wanted.measure} is above 0" if step is None else (step, step)
