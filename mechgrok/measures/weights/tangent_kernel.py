"""Change of the neural tangent kernel over training, and its alignment with the labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Missing, RunMeasure
from mechgrok.measures.shared.obstacles import needs_checkpoints
from mechgrok.measures.weights.train_loss import needs_train_rows
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.grid import Grid
    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot

AtLeastTwo = Annotated[int, Field(ge=2)]


@dataclass(frozen=True)
class TangentKernel(RunMeasure):
    """Alignment of the neural tangent kernel with that of the first checkpoint, and with the labels.

    K[n, m] = sum_c <dL_c(n) / dw, dL_c(m) / dw> over all weights w; L_c: the number logits, less their mean over c. to_first = <H K H, H
    K_0 H> / (|H K H| |H K_0 H|), H = 1 - 11' / n (centred kernel alignment, CKA); to_previous likewise. label_alignment: the same with Y
    Y^T, which is 1 for two rows of one label and 0 for others. chance: its mean over all orders of the labels, in closed form. Rows: of six
    labels drawn at random, five train rows each (all rows where the split is unknown), so that labels repeat; eight checkpoints, evenly
    over their list. Rows, the sum over classes, and the centring are choices made here. A lazy network keeps to_first near 1.
    """

    name: ClassVar[str] = "tangent-kernel"
    title: ClassVar[str] = "Neural tangent kernel"
    reference: ClassVar[str] = "after Kumar et al. 2023 (arXiv 2310.06110); centred alignment: Cortes et al. 2012 (JMLR 13)"
    cost: ClassVar = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "step": "step of a checkpoint",
        "to_first": "alignment with the kernel of the first checkpoint, from 0 to 1; empty where one is constant",
        "to_previous": "alignment with the kernel of the checkpoint before among these; empty at the first",
        "label_alignment": "alignment with the labels; empty where all rows have one label",
        "chance": "its mean over all orders of the labels",
        "norm": "norm of H K H, squared logits per squared unit of weight",
        "rows": "number of rows",
    }

    labels: AtLeastTwo = 6
    rows: AtLeastTwo = 5
    """Rows of a label, at most."""
    checkpoints: AtLeastTwo = 8
    seed: Annotated[int, Field(ge=0)] = 0

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_checkpoints(run) or needs_train_rows(run)

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.landscape import tangent_kernel

        rows = self._rows(run.grid)
        labels = run.grid.trained_labels[rows]
        same = (labels == labels[:, None]).double()
        steps = [run.steps[i] for i in np.unique(np.linspace(0, len(run.steps) - 1, self.checkpoints).round().astype(int))]
        kernels = [kernel(run.snapshot(step), rows) for step in steps]
        aligned = tangent_kernel.alignment
        return pd.DataFrame(
            {
                "step": steps,
                "to_first": [aligned(each, kernels[0]) for each in kernels],
                "to_previous": [float("nan"), *(aligned(*pair) for pair in zip(kernels[1:], kernels, strict=False))],
                "label_alignment": [aligned(each, same) for each in kernels],
                "chance": [tangent_kernel.chance_alignment(each, same) for each in kernels],
                "norm": [float((each - each.mean(0) - each.mean(1, keepdim=True) + each.mean()).norm()) for each in kernels],
                "rows": len(rows),
            }
        )

    def plot(self, result: pd.DataFrame) -> go.Figure:
        change = _curves(result, {"to_first": "first checkpoint", "to_previous": "checkpoint before"}, "alignment of the kernels")
        labels = _curves(result, {"label_alignment": "labels", "chance": "labels in random order"}, "alignment with the labels")
        return panels([change, labels], titles=["Change", "Labels"])

    def headline(self, result: pd.DataFrame) -> Headline:
        first, end = result.iloc[0], result.iloc[-1]
        numbers = {
            "to_first": end["to_first"],
            "label_alignment": end["label_alignment"],
            "label_alignment_of_first": first["label_alignment"],
            "chance": end["chance"],
        }
        why = Missing("the kernel is constant over the rows, or the rows have one label")
        return {name: why if pd.isna(value) else float(value) for name, value in numbers.items()}

    def _rows(self, grid: Grid) -> Tensor:
        """Indices of the rows, by label."""
        import torch

        known = grid.subsets.get("train", grid.subsets["all"]).nonzero()[:, 0]
        draw = torch.Generator().manual_seed(self.seed)
        shuffled = known[torch.randperm(len(known), generator=draw)]
        labels = grid.trained_labels[shuffled]
        there = labels.unique()
        chosen = there[torch.randperm(len(there), generator=draw)[: self.labels]]
        return torch.cat([shuffled[labels == label][: self.rows] for label in chosen])


def kernel(snapshot: Snapshot, rows: Tensor) -> Tensor:
    """K of some rows (n, n)."""
    from mechgrok.maths.landscape import tangent_kernel

    weights = {name: tensor.detach().requires_grad_() for name, tensor in snapshot.parameters.items()}
    logits = [snapshot.logits_with_weights(weights, row[None])[0] for row in rows]
    return tangent_kernel.tangent_kernel([each - each.mean() for each in logits], list(weights.values()))


def _curves(result: pd.DataFrame, named: Mapping[str, str], y_title: str) -> go.Figure:
    long = result.rename(columns=dict(named)).melt("step", list(named.values()), var_name="with", value_name="value").dropna()
    return curves(long, x="step", y="value", color="with", x_title="step", y_title=y_title)
