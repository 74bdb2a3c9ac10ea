"""Dependence of a logit on the distance between the operands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.shared.diagonals import needs_diagonals, other_diagonal
from mechgrok.measures.shared.obstacles import needs_all_pairs
from mechgrok.plots.primitives import curves
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

VARIANTS = {"correct": "the label's logit", "top-wrong": "the largest other logit"}


@dataclass(frozen=True)
class DistanceIrrelevance(InBasis):
    """Mean standard deviation of a logit over rows of equal distance a - b, divided by its standard deviation over all rows.

    M[s, d] = the logit at s = a + b, d = a - b, not centred; irrelevance = mean_d std_s M[., d] / std(M), population standard deviations.
    Variants: correct, the logit of the label (the paper's notebook); top-wrong, the largest other logit (the paper's training script).
    Near 0 the logit depends on the distance alone (pizza), near 1 not at all (clock). For subtraction s and d are exchanged.
    """

    name: ClassVar[str] = "distance-irrelevance"
    title: ClassVar[str] = "Distance irrelevance"
    reference: ClassVar[str] = "Zhong et al. 2023 (arXiv 2306.17844), section 4.2, and its released code"
    columns: ClassVar[Mapping[str, str]] = {
        "variant": "correct or top-wrong: the logit in M",
        "irrelevance": "from 0 (the logit depends on the distance alone) to about 1 (not at all); empty where M is constant",
    }

    def obstacle(self, run: Run) -> str | None:
        return needs_all_pairs(run, self.basis_in(run.task)) or super().obstacle(run) or needs_diagonals(self, run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.symmetries.irrelevance import mean_spread_within, top_wrong

        distance = other_diagonal(snapshot.grid)
        logits, labels = snapshot.logits, snapshot.grid.labels
        quantities = {"correct": logits.gather(1, labels[:, None])[:, 0], "top-wrong": top_wrong(logits, labels)}
        rows = [(variant, mean_spread_within(values, distance)) for variant, values in quantities.items()]
        return pd.DataFrame(rows, columns=["variant", "irrelevance"])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        named = result.assign(logit=result["variant"].map(VARIANTS))
        return curves(named, x="step", y="irrelevance", color="logit", x_title="step", y_title="distance irrelevance")

    def headline(self, result: pd.DataFrame) -> Headline:
        found = last(result).set_index("variant")["irrelevance"]
        constant = Missing("that logit is the same in all rows")
        return {variant.replace("-", "_"): constant if pd.isna(found[variant]) else float(found[variant]) for variant in VARIANTS}
