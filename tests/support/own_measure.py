"""The measures of a report in the tests; and one of the user's own, with names that are no HTML, that breaks where it is told to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, last
from mechgrok.plots.primitives import curves

REPORTED = [
    *("loss", "key-frequencies", "embedding-spectrum", "neuron-logit-spectrum", "gini", "logit-cosines", "neuron-frequencies"),
    *("restricted-loss", "excluded-loss", "weight-norms"),
]
HOSTILE = "<script>alert(1)<_script><b>bold</b>"


@dataclass(frozen=True)
class Mine(Measure):
    """Largest weight of the embedding, max = max |W_E|, <i>not</i> HTML."""

    name: ClassVar[str] = "mine"
    title: ClassVar[str] = "Mine <b>& yours</b>"
    reference: ClassVar[str] = "nobody 2026"
    columns: ClassVar[Mapping[str, str]] = {"max": "largest entry"}

    breaks_in: str = ""

    def compute(self, snapshot, given) -> pd.DataFrame:
        if self.breaks_in == "compute":
            raise ZeroDivisionError("made to <fail>")
        return pd.DataFrame({"max": [float(snapshot.embedding.abs().max())]})

    def plot(self, result: pd.DataFrame) -> go.Figure:
        if self.breaks_in == "plot":
            raise ZeroDivisionError("made to <fail>")
        return curves(result.assign(group=HOSTILE), x="step", y="max", color="group")

    def headline(self, result: pd.DataFrame) -> Headline:
        if self.breaks_in == "headline":
            raise ZeroDivisionError("made to <fail>")
        value = float(last(result)["max"].iloc[0])
        return {"max": value, "numpy": np.float64(value), "nested": {"good": 1.0, "bad": float("nan")}, "infinite": float("inf")}
