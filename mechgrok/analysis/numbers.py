"""What a claim may be about: numbers of measures, events, comparisons of two of them, and times to grok."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Number:
    """A number of a measure's headline, one for each seed of a trial."""

    trial: str
    """The name of the trial, `row.column`."""
    measure: str
    """As on the command line."""
    key: str
    """The key of the headline; a path such as `fve.14.0` where its value is a mapping or a list."""
    at: str = "last"
    """The checkpoint: `first`, `last`, or a step such as `1400`."""
    task: str = ""
    """Of a mixture: the task that it is about, as if the run had that one alone; empty for the run as it is."""

    def at_first(self) -> Number:
        """The same number at the first checkpoint.

        Returns
        -------
        Number
        """
        return replace(self, at="first")


@dataclass(frozen=True)
class Reached:
    """The step of the first checkpoint at which a number is at least a share of its largest value over the checkpoints."""

    trial: str
    """The name of the trial, `row.column`."""
    measure: str
    """As on the command line; one that is computed at every checkpoint."""
    key: str
    """The key of the headline; its values are not negative."""
    share: float = 0.9
    """The share of the largest value."""


@dataclass(frozen=True)
class Difference:
    """A number less another one of the same seed, such as the step of an event less that of another event of the run."""

    value: Number | Reached
    """The number from which is subtracted."""
    less: Number | Reached
    """The number that is subtracted."""


@dataclass(frozen=True)
class Ratio:
    """A number over another one of the same seed; both are positive."""

    value: Number
    """The numerator."""
    over: Number
    """The denominator."""


@dataclass(frozen=True)
class Pace:
    """Steps until a trial has grokked over the steps that another one took with the same seed: below 1 is sooner."""

    trial: str
    """The trial whose time is the numerator."""
    than: str
    """The trial whose time is the denominator."""
    task: str = ""
    """Of a mixture `trial`: the task whose held-out rows count; empty for all rows."""


@dataclass(frozen=True)
class Share:
    """The smallest share of a threshold over that of another one with the same seed: below 1 is less data."""

    threshold: str
    """The name of the threshold whose share is the numerator."""
    than: str
    """The name of the threshold whose share is the denominator."""


Quantity = Number | Difference | Ratio | Pace | Share
"""What a claim may be about."""


def numbers(quantity: Quantity) -> tuple[Number, ...]:
    """The numbers of measures that a quantity is made of; none for events and times.

    Parameters
    ----------
    quantity : Quantity

    Returns
    -------
    tuple of Number
    """
    if isinstance(quantity, Difference):
        return tuple(each for each in (quantity.value, quantity.less) if isinstance(each, Number))
    if isinstance(quantity, Ratio):
        return quantity.value, quantity.over
    return (quantity,) if isinstance(quantity, Number) else ()
