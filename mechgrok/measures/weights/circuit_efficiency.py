"""Margins that memorising and generalising weights of one norm reach, by the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Missing, RunMeasure
from mechgrok.measures.shared.obstacles import needs_checkpoints
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot

CIRCUITS = ("generalising", "memorising")
EVERY = 10
"""Steps between two readings of the margin."""


@dataclass(frozen=True)
class CircuitEfficiency(RunMeasure):
    """Mean margin that copies of the network reach at the norm of the last checkpoint, memorising random labels or fitting the true ones.

    margin = mean over D rows of L[label] - max of the other number logits: the largest at every tenth of 100 steps of Adam (rate .005, full
    batch, on the part of the gradient along the sphere) with all weights scaled to the norm of the last checkpoint. Generalising: from the
    last checkpoint, with the labels of the task. Memorising: from the first checkpoint, with labels drawn at random. D: .25, 1, 4 and 16 %
    of the table, the same rows for both. Critical number of rows: D at which both margins are equal, interpolated in log D. elsewhere:
    accuracy on the other rows with the labels of the task; it shows whether the weights generalise. The paper compares norms at equal
    loss; margins at equal norm after few steps are a choice made here and bound both margins from below, so the critical number is an
    estimate. Float32.
    """

    name: ClassVar[str] = "circuit-efficiency"
    title: ClassVar[str] = "Efficiency of memorising and generalising"
    reference: ClassVar[str] = "after Varma et al. 2023 (arXiv 2309.02390), circuit efficiency and critical dataset size"
    cost: ClassVar = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "circuit": "generalising or memorising",
        "rows": "D, number of rows trained",
        "margin": "mean margin of these rows, logits; empty where the weights of a checkpoint are all zero",
        "accuracy": "share of these rows that have their label",
        "elsewhere": "accuracy on the other rows; empty where there are none",
        "norm": "norm of all weights",
    }

    shares: tuple[Annotated[float, Field(gt=0, le=1)], ...] = (0.0025, 0.01, 0.04, 0.16)
    """D as shares of the table."""
    steps_of_copies: Annotated[int, Field(ge=0)] = 100
    rate: Annotated[float, Field(gt=0)] = 5e-3
    seed: Annotated[int, Field(ge=0)] = 0

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_checkpoints(run)

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        starts = {"generalising": run.snapshot(), "memorising": run.snapshot(run.steps[0])}
        draw = torch.Generator().manual_seed(self.seed)
        true = run.grid.labels
        order, random = torch.randperm(len(true), generator=draw), torch.randint(run.grid.p, (len(true),), generator=draw)
        labels = {"generalising": true, "memorising": random}
        norm = _norm(starts["generalising"])
        sizes = sorted({max(2, round(share * len(true))) for share in self.shares})
        rows = [self._row(starts[name], order, size, labels[name], norm) | {"circuit": name} for name in CIRCUITS for size in sizes]
        return pd.DataFrame(rows)

    def _row(self, start: Snapshot, order: Tensor, size: int, labels: Tensor, norm: float) -> dict[str, Any]:
        """The numbers of a copy that is trained on the first rows of an order."""
        import torch

        from mechgrok.maths.landscape.fixed_norm import descend_at_norm

        rows, others = order[:size], order[size:]
        found: dict[str, Any] = {"rows": size, "norm": norm, "margin": float("nan"), "accuracy": float("nan"), "elsewhere": float("nan")}
        if not (norm > 0 and _norm(start) > 0):
            return found
        weights = {name: tensor.float() for name, tensor in start.parameters.items()}

        def loss(copies: Mapping[str, Tensor]) -> Tensor:
            return torch.nn.functional.cross_entropy(start.logits_with_weights(copies, rows), labels[rows])

        margins, trained = _best(start, descend_at_norm(loss, weights, norm, self.steps_of_copies, self.rate), rows, labels)
        found |= {"margin": float(margins.mean()), "accuracy": float((margins > 0).double().mean())}
        right = _margins(start, trained, others, start.grid.labels) > 0
        return found | {"elsewhere": float(right.double().mean()) if len(others) else float("nan")}

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shown = result.fillna({"margin": 0.0, "elsewhere": 0.0})
        margin = curves(shown, x="rows", y="margin", color="circuit", log_x=True, x_title="rows trained", y_title="mean margin (logits)")
        right = curves(shown, x="rows", y="elsewhere", color="circuit", log_x=True, x_title="rows trained", y_title="accuracy elsewhere")
        return panels([margin, right], titles=["Margin at one norm", "Rows not trained"])

    def headline(self, result: pd.DataFrame) -> Headline:
        by_circuit = result.pivot(index="rows", columns="circuit", values="margin").sort_index()
        if by_circuit.isna().any(axis=None):
            return dict.fromkeys((*CIRCUITS, "critical_rows", "elsewhere"), Missing("the weights of a checkpoint are all zero"))
        elsewhere = result.loc[(result["circuit"] == "generalising") & (result["rows"] == by_circuit.index[-1]), "elsewhere"].iloc[0]
        return {
            **{name: float(by_circuit[name].iloc[-1]) for name in CIRCUITS},
            "critical_rows": _critical(by_circuit),
            "elsewhere": Missing("all rows were trained") if pd.isna(elsewhere) else float(elsewhere),
        }


def _best(snapshot: Snapshot, path: Iterable[Mapping[str, Tensor]], rows: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The margins of the largest mean on a path of weights, and a copy of these weights."""
    best: Tensor | None = None
    kept: dict[str, Tensor] = {}
    for step, weights in enumerate(path):
        if step % EVERY == 0:
            margins = _margins(snapshot, weights, rows, labels)
            if best is None or margins.mean() > best.mean():
                best, kept = margins, {name: tensor.clone() for name, tensor in weights.items()}
    assert best is not None
    return best, kept


def _margins(snapshot: Snapshot, weights: Mapping[str, Tensor], rows: Tensor, labels: Tensor) -> Tensor:
    """Margins of some rows (rows,)."""
    import torch

    with torch.no_grad():
        logits, label = snapshot.logits_with_weights(weights, rows), labels[rows, None]
    return logits.gather(1, label)[:, 0] - logits.scatter(1, label, -torch.inf).amax(1)


def _norm(snapshot: Snapshot) -> float:
    return float(sum(tensor.square().sum() for tensor in snapshot.parameters.values())) ** 0.5


def _critical(margins: pd.DataFrame) -> float | Missing:
    """The number of rows from which on the generalising margin is the larger one, interpolated in its logarithm."""
    ahead, rows = (margins["generalising"] - margins["memorising"]).to_numpy(), margins.index.to_numpy(dtype=float)
    if (ahead > 0).all():
        return Missing(f"generalising has the larger margin on {rows[0]:.0f} rows already")
    if not ahead[-1] > 0:
        return Missing(f"memorising still has the larger margin on {rows[-1]:.0f} rows")
    before = int(np.flatnonzero(ahead <= 0)[-1])
    share = ahead[before] / (ahead[before] - ahead[before + 1])
    return float(np.exp(np.log(rows[before]) + share * np.log(rows[before + 1] / rows[before])))
