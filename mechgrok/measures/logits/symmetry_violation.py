"""Divergence between predictions that the laws of the group make equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, last
from mechgrok.measures.shared.diagonals import needs_diagonals, phase_sign
from mechgrok.measures.shared.obstacles import needs_all_pairs
from mechgrok.plots.primitives import curves, panels
from mechgrok.runs.run import Run
from mechgrok.tasks.charts import chart

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

LAWS = {"commutative": "(a, b) and (b, a)", "associative": "(a + b, c) and (a, b + c)"}


@dataclass(frozen=True)
class SymmetryViolation(InBasis):
    """Kullback-Leibler divergence between the predictions on (a, b) and (b, a), and on (a + b, c) and (a, b + c).

    commutative = mean over a != b of KL(P(a, b) || P(b, a)); associative = mean over a, b, c with b != 0 of KL(P(a + b, c) || P(a, b +
    c)), which are all ordered pairs of different rows of equal sum. P: softmax of the number logits; KL in nats, by both orders of a
    pair. differ = share of these pairs whose most probable classes differ. Renaming the tokens leaves the commutative number as it is.
    """

    name: ClassVar[str] = "symmetry-violation"
    by_default: ClassVar[bool] = False
    title: ClassVar[str] = "Violation of commutativity and associativity"
    reference: ClassVar[str] = "after arXiv 2603.01968 (2026)"
    columns: ClassVar[Mapping[str, str]] = {
        "law": "commutative or associative",
        "divergence": "mean divergence, nats",
        "differ": "share of the pairs of rows whose most probable classes differ",
    }

    def obstacle(self, run: Run) -> str | None:
        if found := super().obstacle(run) or needs_all_pairs(run, self.basis_in(run.task)) or needs_diagonals(self, run):
            return found
        basis = self.basis_in(run.task) or "additive"
        charted = chart(basis, run.task.numbers)
        assert charted is not None
        grid = run.grid if basis == run.grid.chart.basis else run.grid.in_chart(charted)
        adds = phase_sign(grid) == 1 and bool((grid.phase == grid.labels).all())
        return None if adds else "the operation of this task is not that of its group, so it need be neither commutative nor associative"

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.symmetries import tuple_divergence

        log_probabilities, p = snapshot.logits.log_softmax(1), snapshot.p
        found = {
            "commutative": tuple_divergence.swapped(log_probabilities.view(p, p, -1)),
            "associative": tuple_divergence.within_classes(log_probabilities, snapshot.grid.phase),
        }
        return pd.DataFrame([(law, *numbers) for law, numbers in found.items()], columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        named = result.assign(law=result["law"].map(LAWS))
        divergence = curves(named, x="step", y="divergence", color="law", log_y=True, x_title="step", y_title="divergence (nats)")
        differ = curves(named, x="step", y="differ", color="law", x_title="step", y_title="share of pairs")
        return panels([divergence, differ], titles=["Divergence", "Different answers"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).set_index("law")
        divergences: Headline = {law: float(now["divergence"][law]) for law in LAWS}
        return {**divergences, **{f"differ_{law}": float(now["differ"][law]) for law in LAWS}}
