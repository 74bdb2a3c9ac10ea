"""The findings of measures on the hand-built networks, compared with the expected ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Outcome, Result
from mechgrok.verification.check import Check
from mechgrok.verification.hand_built import HandBuiltNetwork, temporary_run, zoo

SHARE = 0.05
"""A frequency counts as found in a spectrum from this share of the non-constant power on."""
Read = Callable[[Result], Any]


@dataclass(frozen=True)
class Finder:
    """A finding read from the result of one measure."""

    measure: str
    finding: str
    """The key of the expected value in `HandBuiltNetwork.truth`."""
    read: Read
    by_design: Mapping[str, str] | None = None
    """Networks that mislead the finder, with the reason: there a miss is a limit of the rule, no defect of the code."""


def _in_spectrum(result: Result) -> set[int]:
    table = result.table
    return set(table.loc[table["share"] > SHARE, "frequency"])


_SQUARES = "a squared cosine has half of its square's energy at twice the frequency: FVE .8, below .85"
_IDLE = "7 and 25 are there, though nothing reads them"

FINDERS = (
    Finder("key-frequencies", "frequencies", lambda result: set(result.headline["frequencies"])),
    Finder(
        "key-frequencies(rule=neuron-clusters)",
        "frequencies",
        lambda result: set(result.headline["frequencies"]),
        dict.fromkeys(("clock", "backdoor", "cosets", "distractor", "quadratic", "discrete-logarithm"), _SQUARES),
    ),
    Finder("embedding-spectrum", "frequencies", _in_spectrum, {"distractor": _IDLE}),
    Finder("neuron-logit-spectrum", "frequencies", _in_spectrum),
    Finder("equivariance", "certified", lambda result: result.headline["certified"]),
    Finder("offset-errors", "wrong rows", lambda result: result.headline["wrong_all"]),
    Finder("clock-pizza", "algorithm", lambda result: result.headline["label"]),
)


@dataclass(frozen=True)
class Score:
    """One finder on one network."""

    network: str
    finder: Finder
    expected: Any
    got: Any

    @property
    def misleads(self) -> str | None:
        """The reason why this network misleads this finder; None where it does not."""
        return (self.finder.by_design or {}).get(self.network)

    @property
    def false_positives(self) -> list[Any]:
        """Findings that are not expected."""
        return sorted(self.got - self.expected) if isinstance(self.got, set) else [self.got] * (self.got != self.expected)

    @property
    def missed(self) -> list[Any]:
        """Expected findings that are missing."""
        return sorted(self.expected - self.got) if isinstance(self.got, set) else [self.expected] * (self.got != self.expected)

    @property
    def check(self) -> Check:
        """The score as a check; a network that is known to mislead the finder must do so."""
        name = f"{self.network}: {self.finder.measure}"
        if self.misleads is None:
            return Check(name, self.expected, self.got)
        return Check(f"{name} is misled", True, self.got != self.expected)


def scores() -> Iterator[Score]:
    """Every finder on every network with an expected value for it."""
    for network in zoo():
        yield from _of_network(network)


def _of_network(network: HandBuiltNetwork) -> Iterator[Score]:
    finders = [finder for finder in FINDERS if finder.finding in network.truth]
    with temporary_run(network) as run:
        outcomes = analyze(run, [finder.measure for finder in finders], nulls=0)
    for finder in finders:
        yield Score(network.name, finder, network.truth[finder.finding], _found(finder, outcomes[finder.measure]))


def _found(finder: Finder, outcome: Outcome) -> Any:
    return finder.read(outcome) if isinstance(outcome, Result) else None


def table(found: list[Score]) -> pd.DataFrame:
    """The scores as a table: network, measure, true, found, not there, missed, why."""
    rows = [
        (each.network, each.finder.measure, each.expected, each.got, each.false_positives, each.missed, each.misleads or "")
        for each in found
    ]
    return pd.DataFrame(rows, columns=["network", "measure", "true", "found", "not there", "missed", "why"])
