"""Measures that are made up for the tests, and a count of how often they are computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
import torch

from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.runs.run import Run, open_run

CALLS: Counter[tuple[str, int]] = Counter()
"""How often each made-up measure was computed at each step."""


def calls() -> dict[tuple[str, int], int]:
    """Calls since the last look."""
    found = dict(CALLS)
    CALLS.clear()
    return found


@dataclass(frozen=True)
class Made(Measure):
    """A made-up measure: value = sum_t t W_E[t, 0], which depends on the names of the tokens."""

    name: ClassVar[str] = "made"
    title: ClassVar[str] = "Made up"
    reference: ClassVar[str] = "nobody 2026"
    columns: ClassVar[Mapping[str, str]] = {"value": "a number", "norm": "another"}

    scale: float = 1.0

    def compute(self, snapshot, given) -> pd.DataFrame:
        CALLS[self.label, snapshot.step] += 1
        column = snapshot.embedding[:, 0]
        value = float((torch.arange(snapshot.p) * column).sum())
        return pd.DataFrame({"norm": [float(column.norm())], "value": [self.scale * value]})

    def plot(self, result: pd.DataFrame) -> go.Figure:
        return go.Figure()

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        return {"value": float(now["value"].iloc[0]), "norm": float(now["norm"].iloc[0]), "text": "x", "gap": Missing("there is none")}


@dataclass(frozen=True)
class Breaks(Made):
    """Breaks in a way that is said, at a step that is said."""

    name: ClassVar[str] = "breaks"
    error: type[BaseException] = ZeroDivisionError
    step: int = 10

    def compute(self, snapshot, given) -> pd.DataFrame:
        if snapshot.step == self.step:
            raise self.error("made to fail")
        return super().compute(snapshot, given)


@dataclass(frozen=True)
class OtherColumns(Made):
    """Gives other columns than it promises."""

    name: ClassVar[str] = "other-columns"
    gives: tuple[str, ...] = ("value",)

    def compute(self, snapshot, given) -> pd.DataFrame:
        return pd.DataFrame({name: [1.0] for name in self.gives})


@dataclass(frozen=True)
class Chain(Made):
    """Requires another, whose table it repeats."""

    name: ClassVar[str] = "chain"
    below: Measure = field(default_factory=Made)

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"below": self.below}

    def compute(self, snapshot, given) -> pd.DataFrame:
        CALLS[self.name, snapshot.step] += 1
        return given["below"][["value", "norm"]] + 1


@dataclass(frozen=True)
class MadeAtLast(Made):
    """As a requirement, that of the last checkpoint."""

    name: ClassVar[str] = "made-at-last"

    @property
    def at(self) -> Literal["own", "last"]:
        return "last"


@dataclass(frozen=True)
class Hindered(Made):
    """Does not apply."""

    name: ClassVar[str] = "hindered"

    def obstacle(self, run: Run) -> str | None:
        return f"{run.task.p} is not to its taste"


@dataclass(frozen=True)
class Dear(Made):
    """Is expensive."""

    name: ClassVar[str] = "expensive"
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"


@dataclass(frozen=True)
class CountsKeys(Keyed):
    """How many key frequencies it is given."""

    name: ClassVar[str] = "counts-keys"
    title: ClassVar[str] = "Counts keys"
    reference: ClassVar[str] = "nobody 2026"
    columns: ClassVar[Mapping[str, str]] = {"keys": "how many"}

    def compute(self, snapshot, given) -> pd.DataFrame:
        CALLS[self.label, snapshot.step] += 1
        return pd.DataFrame({"keys": [" ".join(map(str, key_set(given)))]})

    def plot(self, result: pd.DataFrame) -> go.Figure:
        return go.Figure()

    def headline(self, result: pd.DataFrame) -> Headline:
        return {"keys": last(result)["keys"].iloc[0]}


def value(folder: Path, step: int) -> float:
    """What Made must give, from the file alone."""
    column = open_run(folder).trajectory("embed.W_E")[open_run(folder).steps.index(step), :7, 0].double()
    return float((column * torch.arange(7)).sum())
