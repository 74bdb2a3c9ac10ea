"""The sets of integers in an experiment on internalisation: how each is defined, and whether there are questions to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tag = Literal["Dt", "Df", "Dn"]
"""Of a definition: the reliable one, the unreliable one, one that is never seen in the first stage."""
SetName = Literal["DtQ1", "DfQ2", "Dt3", "Df4", "Q5", "DtQ6", "DfQ7", "Dn8", "N9"]


@dataclass(frozen=True)
class Kind:
    """The definitions and questions of a set of integers."""

    stage: int
    tag: Tag | None
    """None: their aliases are never defined."""
    correct: bool
    """Else every alias is defined as another integer of the set."""
    asked: bool
    """Whether most questions are trained on; else all are held out."""


SETS: dict[SetName, Kind] = {
    "DtQ1": Kind(0, "Dt", correct=True, asked=True),
    "DfQ2": Kind(0, "Df", correct=False, asked=True),
    "Dt3": Kind(1, "Dt", correct=True, asked=False),
    "Df4": Kind(1, "Df", correct=True, asked=False),
    "Q5": Kind(0, None, correct=True, asked=True),
    "DtQ6": Kind(0, "Dt", correct=False, asked=True),
    "DfQ7": Kind(0, "Df", correct=True, asked=True),
    "Dn8": Kind(1, "Dn", correct=True, asked=False),
    "N9": Kind(1, None, correct=True, asked=False),
}
