"""Base class of the measures with a set of key frequencies."""

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
    """Base class of measures with a set of key frequencies; `compute` receives it in `given`, see `key_set`.

    Attributes
    ----------
    keys : {"last", "own"} or tuple of int
        The key frequencies of the run's last checkpoint, by default; of each checkpoint itself; or these frequencies.

    Examples
    --------
    >>> from mechgrok.measures.logits.logit_cosines import LogitCosines
    >>> LogitCosines(keys=(1, 4)).requires["keys"].label
    'key-frequencies(rule=fixed, fixed=1,4)'
    """

    keys: Keys = "last"

    @property
    def requires(self) -> Mapping[str, Measure]:
        if isinstance(self.keys, tuple):
            return {"keys": KeyFrequencies(rule="fixed", fixed=self.keys, basis=self.basis)}
        return {"keys": KeyFrequencies(at=self.keys, basis=self.basis)}

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or self.requires["keys"].obstacle(run)

    def caption(self) -> str:
        chosen = {"last": "of the last checkpoint (logit similarity > .05)", "own": "each checkpoint's own (logit similarity > .05)"}
        fixed = chosen.get(self.keys) if isinstance(self.keys, str) else ", ".join(map(str, self.keys))
        return f"{super().caption()} Key frequencies: {fixed}."


def key_set(given: Mapping[str, pd.DataFrame]) -> list[int]:
    """The key frequencies of the measure.

    Parameters
    ----------
    given : mapping of str to DataFrame
        The tables of the required measures, as `compute` receives them.

    Returns
    -------
    list of int
        Frequencies from 1 to p // 2, ascending.

    Examples
    --------
    >>> from mechgrok.measures.base.keyed import key_set
    >>> key_set({"keys": pd.DataFrame({"frequency": [1, 2, 3], "key": [True, False, True]})})
    [1, 3]
    """
    return keys_of(given["keys"])
