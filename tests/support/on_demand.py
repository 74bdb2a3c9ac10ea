"""Outcomes of measures that are computed when a test takes them."""

from __future__ import annotations

from typing import Any

from mechgrok.engine.analyze import analyze
from mechgrok.runs.run import Run


class OnDemand:
    """Outcomes on one run by the label of their measure, each computed once."""

    def __init__(self, run: Run, nulls: int = 0) -> None:
        self.run, self.nulls, self._found = run, nulls, {}

    def __getitem__(self, label: str) -> Any:
        if label not in self._found:
            self._found |= analyze(self.run, [label], nulls=self.nulls)
        return self._found[label]
