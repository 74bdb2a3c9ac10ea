"""What the measures share that look at the key frequencies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Measure
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies, keys_of
from mechgrok.runs.run import Run

Keys = Literal["last", "own"] | tuple[int, ...]


@dataclass(frozen=True)
class Keyed(InBasis):
    """A measure with a key set: that of the run's last checkpoint, of each checkpoint itself, or fixed frequencies."""

    keys: Keys = "last"

    @property
    def requires(self) -> Mapping[str, Measure]:
        if isinstance(self.keys, tuple):
            return {"keys": KeyFrequencies(rule="fixed", fixed=self.keys, basis=self.basis)}
        return {"keys": KeyFrequencies(at=self.keys, basis=self.basis)}

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or self.requires["keys"].obstacle(run)

    def caption(self) -> str:
        chosen = {"last": "those of the last checkpoint (logit similarity > .05)", "own": "each checkpoint's own (logit similarity > .05)"}
        fixed = chosen.get(self.keys) if isinstance(self.keys, str) else ", ".join(map(str, self.keys))
        return f"{super().caption()} Key frequencies: {fixed}."


def key_set(given: Mapping[str, pd.DataFrame]) -> list[int]:
    """The key frequencies that the engine handed in."""
    return keys_of(given["keys"])
