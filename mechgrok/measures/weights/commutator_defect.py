"""Dependence of two gradient steps on their order, over training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Missing, RunMeasure
from mechgrok.measures.shared.obstacles import needs_checkpoints
from mechgrok.measures.shared.parameter_path import path_of_parameter
from mechgrok.plots.primitives import curves, panels, trajectory_bands

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.maths.landscape.commutator import Function
    from mechgrok.runs.grid import Grid
    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot

AtLeastOne = Annotated[int, Field(ge=1)]
FACTOR, FLOOR, EARLY = 10, 20, 3
"""The onset is the first defect above FACTOR times the median of the first EARLY checkpoints, and above FLOOR."""


@dataclass(frozen=True)
class CommutatorDefect(RunMeasure):
    """Commutator defect: how far a gradient step on one batch and one on another depend on their order, at every checkpoint.

    defect = |w_AB - w_BA| / (|eta g_A| |eta g_B|), w_AB the weights after a step of plain gradient descent on batch A, then one on B, on a
    copy; eta = .001, g the gradients of the mean cross-entropy (float64, number classes) at the checkpoint. Median and quartiles over five
    pairs of batches of 128 train rows (all rows where the split is unknown), at most half of them, without common rows; the same pairs at
    all checkpoints. Onset: first checkpoint with a defect above 10 times the median of the first three, and above 20. outside = median of
    |d - U U^T d|^2 / |d|^2, d = w_AB - w_BA, U the first ten principal components of all weights over all checkpoints, later ones included;
    random = 1 - 10 / number of weights, the mean for random components. Size, number and reuse of the batches are choices made here. A
    run whose path has fewer components uses those.
    """

    name: ClassVar[str] = "commutator-defect"
    title: ClassVar[str] = "Commutator defect"
    reference: ClassVar[str] = "arXiv 2602.16746 and 2602.16967 (2026), abstracts, with the rule of the onset"
    cost: ClassVar = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "step": "step of a checkpoint",
        "defect": "median over the pairs, per unit of weight; empty where a gradient is zero",
        "low": "lower quartile over the pairs",
        "high": "upper quartile over the pairs",
        "outside": "median share of the difference outside the trajectory's principal components; empty where weights do not move",
        "random": "this share for random components",
    }

    pairs: AtLeastOne = 5
    batch: AtLeastOne = 128
    eta: Annotated[float, Field(gt=0)] = 1e-3
    components: AtLeastOne = 10
    seed: Annotated[int, Field(ge=0)] = 0

    def obstacle(self, run: Run) -> str | None:
        if found := super().obstacle(run) or needs_checkpoints(run):
            return found
        few = run.is_train is not None and run.is_train.sum() < 2
        return "two batches need at least two train rows" if few else None

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        names = sorted(run.snapshot().weights)
        basis = _basis(run, names, self.components)
        batches = self._batches(run.grid)
        rows = []
        for step in run.steps:
            differences, defects = self._at(run.snapshot(step), names, batches)
            inside = (differences @ basis).square().sum(1) / differences.square().sum(1)
            median = float(torch.nanquantile(1 - inside, 0.5)) if basis.shape[1] else float("nan")
            rows.append((step, *(float(torch.nanquantile(defects, q)) for q in (0.5, 0.25, 0.75)), median, 1 - basis.shape[1] / len(basis)))
        return pd.DataFrame(rows, columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        onset = self._onset(result)
        marks = {} if onset is None else {"onset": onset}
        shown = result.fillna(dict.fromkeys(("defect", "low", "high"), 0.0))
        defect = trajectory_bands(
            shown, x="step", y="defect", low="low", high="high", marks=marks, x_title="step", y_title="commutator defect"
        )
        named = {"outside": "of the difference", "random": "of a random vector"}
        long = result.rename(columns=named).melt("step", list(named.values()), var_name="share", value_name="outside").dropna()
        outside = curves(long, x="step", y="outside", color="share", x_title="step", y_title="share outside the trajectory")
        return panels([defect, outside], titles=["Defect, with quartiles", "Outside the trajectory"])

    def headline(self, result: pd.DataFrame) -> Headline:
        end, onset = result.iloc[-1], self._onset(result)
        flat, still = Missing("the gradient is zero"), Missing("the weights are the same at all checkpoints, or all gradients commute")
        return {
            "defect": flat if pd.isna(end["defect"]) else float(end["defect"]),
            "onset": Missing(self._without_onset(result)) if onset is None else onset,
            "outside": still if pd.isna(end["outside"]) else float(end["outside"]),
            "random": float(end["random"]),
        }

    def _without_onset(self, result: pd.DataFrame) -> str:
        if result["defect"][:EARLY].isna().all():
            return "the gradients of the first checkpoints are zero, so there is no early defect to compare with"
        return f"no defect is above {FLOOR} and {FACTOR} times the early one"

    def _onset(self, result: pd.DataFrame) -> int | None:
        above = result["defect"] > max(FACTOR * result["defect"][:EARLY].median(), FLOOR)
        return int(result["step"][above].iloc[0]) if above.any() else None

    def _batches(self, grid: Grid) -> list[tuple[Tensor, Tensor]]:
        """Indices of the rows of each pair."""
        import torch

        rows = grid.subsets.get("train", grid.subsets["all"]).nonzero()[:, 0]
        draw, size = torch.Generator().manual_seed(self.seed), min(self.batch, len(rows) // 2)
        orders = [rows[torch.randperm(len(rows), generator=draw)] for _ in range(self.pairs)]
        return [(order[:size], order[size : 2 * size]) for order in orders]

    def _at(self, snapshot: Snapshot, names: list[str], batches: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        """w_AB - w_BA (pairs, weights) and the defects (pairs,) at one checkpoint."""
        import torch

        from mechgrok.maths.landscape.commutator import commutator

        point = torch.cat([snapshot.parameters[name].flatten() for name in names])
        pairs = [(_loss(snapshot, names, A), _loss(snapshot, names, B)) for A, B in batches]
        found = [commutator(first, second, point, self.eta) for first, second in pairs]
        return torch.stack([difference for difference, _ in found]), torch.tensor([defect for _, defect in found], dtype=torch.float64)


def _loss(snapshot: Snapshot, names: list[str], rows: Tensor) -> Function:
    """Mean cross-entropy of some rows as a function of all weights as one vector."""
    from mechgrok.maths.landscape import losses

    tensors, labels = [snapshot.parameters[name] for name in names], snapshot.grid.trained_labels[rows]

    def loss(vector: Tensor) -> Tensor:
        parts = vector.split([tensor.numel() for tensor in tensors])
        weights = {name: part.view_as(tensor) for name, part, tensor in zip(names, parts, tensors, strict=True)}
        return losses.per_example(snapshot.logits_with_weights(weights, rows), labels).mean()

    return loss


def _basis(run: Run, names: list[str], count: int) -> Tensor:
    """The first principal components of the weights over the checkpoints (weights, components), orthonormal; none where they rest."""
    import torch

    from mechgrok.maths.curves import trajectories

    shares, coordinates = trajectories.components(trajectories.gram(path_of_parameter(run, name) for name in names))
    kept = int((shares[:count] > 1e-12).sum())
    directions = coordinates[:, :kept] / coordinates[:, :kept].square().sum(0)
    return torch.cat([path_of_parameter(run, name).flatten(1).double().T @ directions for name in names])
