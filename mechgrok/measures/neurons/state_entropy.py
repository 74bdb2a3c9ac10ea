"""Entropy of the directions of the last hidden state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.measures.shared.last_state import last_state
from mechgrok.plots.primitives import curves, level

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class StateEntropy(Measure):
    """Entropy of the eigenvalues of the covariance of the last hidden state over all rows, over its largest possible value.

    entropy = -sum_i q_i log q_i / log d, q = eigenvalues of the covariance / their sum, d = width of the state: 0 for states on a line, 1
    for states that are spread evenly. State: the vector that the last matrix maps to the logits. below_from: the first checkpoint from
    which on the entropy is below the threshold, .609 in the paper; earlier dips, as in the first steps, do not count (a choice made
    here). A low entropy is necessary for grokking at best: a network that did not grok fell to .15 in the paper's control.
    """

    name: ClassVar[str] = "state-entropy"
    by_default: ClassVar[bool] = False
    title: ClassVar[str] = "Spectral entropy of the hidden state"
    reference: ClassVar[str] = "arXiv 2604.13123 (2026)"
    has_null: ClassVar[bool] = False
    columns: ClassVar[Mapping[str, str]] = {
        "entropy": "from 0 to 1; empty where the state is the same in all rows",
        "width": "d, the number of dimensions of the state",
    }

    threshold: Annotated[float, Field(gt=0, le=1)] = 0.609

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.statistics import separation

        states = last_state(snapshot)
        return pd.DataFrame({"entropy": [separation.normalised_entropy(states)], "width": states.shape[1]})

    def plot(self, result: pd.DataFrame) -> go.Figure:
        title = f"entropy of the state (dashed: {self.threshold:g})"
        return level(curves(result, x="step", y="entropy", x_title="step", y_title=title), self.threshold)

    def headline(self, result: pd.DataFrame) -> Headline:
        entropy = last(result)["entropy"].iloc[0]
        ordered = result.sort_values("step")
        above = ordered["step"][~(ordered["entropy"] < self.threshold)].max()
        after = ordered["step"][ordered["step"] > above] if above == above else ordered["step"]
        return {
            "entropy": Missing("the state is the same in all rows") if pd.isna(entropy) else float(entropy),
            "below_from": int(after.iloc[0]) if len(after) else Missing(f"the last checkpoint is not below {self.threshold:g}"),
        }
