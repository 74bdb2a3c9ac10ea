"""What a stored table was computed from: it is used again only while all of that still holds."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from mechgrok.engine.reach import source
from mechgrok.engine.sources import Sources
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.runs.run import Run
from mechgrok.runs.store import digest

CHANGES: Mapping[str, str] = {
    "run": "the weights, the split or the config",
    "given": "the measures that it is based on",
    "measure": "its fields",
    "source": "the code that computes it",
    "software": "the versions of the software",
}
"""The parts of a stamp in words, as subjects of `changed`."""


@dataclass(frozen=True)
class Stamp:
    """What the table of a measure at a step was computed from."""

    shared: Mapping[str, Any]
    """The same at all steps: measure (with its fields), source (a hash of the code), software (versions)."""
    own: Mapping[str, Any]
    """Of one step: run (the fingerprint of what is measured), given (hashes of the required tables)."""

    @property
    def parts(self) -> dict[str, Any]:
        """All parts by name."""
        return {**self.shared, **self.own}

    @property
    def text(self) -> str:
        """The stamp as it is stored: JSON."""
        return json.dumps(self.parts, sort_keys=True)

    def changes(self, stored: str) -> tuple[str, ...]:
        """The parts, in words, in which the text of a stored stamp differs."""
        then = json.loads(stored) if stored else {}
        return tuple(words for part, words in CHANGES.items() if then.get(part) != self.parts[part])


def shared(measure: BaseMeasure, run: Run, sources: Sources) -> dict[str, Any] | None:
    """The parts of a stamp that are the same at all steps; None where the code of the measure cannot be hashed: nothing of it is stored."""
    code = source(measure, run, sources)
    return None if code is None else {"measure": repr(measure), "source": code, "software": software()}


def own(fingerprint: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The parts of a stamp of one step: the fingerprint of the checkpoint or run, and the hashes of the required tables by name."""
    return {"run": fingerprint, "given": dict(given)}


def table_digest(table: pd.DataFrame) -> str:
    """A hash of the numbers in a table, the same before it is stored and after it is read."""
    return digest(table.to_csv(index=False).encode())


@cache
def software() -> dict[str, str]:
    """Versions of what computes."""
    return {name: importlib.metadata.version(name) for name in ("mechgrok", "torch", "numpy", "pandas")}
