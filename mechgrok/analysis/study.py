"""What a study compares and claims: trials, claims with controls, paired differences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from mechgrok.analysis.numbers import Number, Pace, Quantity, numbers

NEVER = math.inf
"""A published threshold that was not reached."""


@dataclass(frozen=True)
class Trial:
    """Runs of a study that differ by their seed alone: a row and a column of its table."""

    row: str
    """What is learnt."""
    column: str
    """Where it starts."""
    command: str
    """As after `mechgrok`, without --out: {seed} stands for the seed, {out} for the folder of all runs of the study."""
    tasks: Mapping[str, str] = field(default_factory=dict)
    """Of a mixture: the rows of the table that its tasks stand in, each with the task's name; by default it has one row."""

    @property
    def name(self) -> str:
        """What claims and folders call it: `row.column`, or the row alone where the column has no name."""
        return f"{self.row}.{self.column}" if self.column else self.row


@dataclass(frozen=True)
class Threshold:
    """The smallest train share at which a row and column grok, sought by bisection: each run decides which share is tried next.

    It is assumed that a share groks where a smaller one does.
    """

    row: str
    """What is learnt."""
    column: str
    """Where it starts."""
    command: str
    """As that of a trial, with {share} for the train share."""
    shares: tuple[float, ...]
    """The shares that may be tried, ascending."""

    @property
    def name(self) -> str:
        """What claims call it: `row.column`."""
        return f"{self.row}.{self.column}"

    def at(self, share: float) -> Trial:
        """The trial with one of the shares.

        Parameters
        ----------
        share : float
            One of `shares`.

        Returns
        -------
        Trial
            Its column ends with the share.
        """
        return Trial(self.row, f"{self.column} at {share:g}", self.command.replace("{share}", f"{share:g}"))


@dataclass(frozen=True)
class Claim:
    """A published finding as a range of a number, and a control in which the number must lie outside.

    It is reproduced where the number lies in the range for every seed, and the control's for none.
    """

    text: str
    """The published statement."""
    source: str
    """Paper, section or table."""
    value: Quantity
    """The number that is claimed to lie in the range."""
    control: Quantity
    """The number that must lie outside the range."""
    low: float = -math.inf
    """The lower end of the range."""
    high: float = math.inf
    """The upper end of the range."""

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The numbers of measures that the claim and its control are about.

        Returns
        -------
        tuple of Number
        """
        return numbers(self.value) + numbers(self.control)


@dataclass(frozen=True)
class Paired:
    """Two numbers whose difference, taken seed by seed, is tested over the seeds against 0."""

    text: str
    """What is compared, in words."""
    value: Number
    """The first number."""
    less: Number
    """The number that is subtracted."""


@dataclass(frozen=True)
class Study:
    """Runs that are made to be compared, and what is claimed of them."""

    text: str
    """In what the runs are those of the paper, and in what not."""
    trials: tuple[Trial, ...]
    """In the order in which they are trained: parents first."""
    seeds: tuple[int, ...]
    """The seeds of every trial."""
    claims: tuple[Claim, ...]
    """The claims that are tested on the runs."""
    published: Mapping[str, float] = field(default_factory=dict)
    """Of trials, by name: smallest train fraction that groks, or NEVER; empty where a study is about something else than when runs grok."""
    paired: tuple[Paired, ...] = ()
    """The differences that are tested over the seeds."""
    parents: Mapping[str, str] = field(default_factory=dict)
    """What trials start from and none of them makes: the name of its folder beside theirs, and the command that makes it there."""
    thresholds: tuple[Threshold, ...] = ()
    """The shares that are sought after all trials are trained."""

    @property
    def compares_times(self) -> bool:
        """Whether it is about when runs grok.

        Returns
        -------
        bool
        """
        return bool(self.published) or any(isinstance(claim.value, Pace) for claim in self.claims)

    def trial(self, name: str) -> Trial:
        """The trial of a name.

        Parameters
        ----------
        name : str
            `row.column`.

        Returns
        -------
        Trial
            The trial.

        Raises
        ------
        KeyError
            Where the study has no such trial.
        """
        return {trial.name: trial for trial in self.trials}[name]
