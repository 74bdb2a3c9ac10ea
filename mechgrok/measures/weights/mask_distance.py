"""Change of the set of the largest weights over training."""

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
from mechgrok.plots.primitives import curves, level

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

OTHERS = {"to_previous": "the checkpoint before", "to_last": "the last checkpoint"}


@dataclass(frozen=True)
class MaskDistance(RunMeasure):
    """Jaccard distance between the masks of the largest weights of two checkpoints: one and the one before, and one and the last.

    distance = 1 - |A and B| / |A or B|; A, B: the half of the entries of every weight matrix (biases and LayerNorms left out) with the
    largest absolute values, over all matrices together. Masks of independent weights have distance 1 - h / (2 - h) = 2/3 for a share h of
    a half. Magnitude within each matrix and the share are choices made here. The distance to the checkpoint before depends on the
    number of steps between them, that to the last one does not. The source's Fourier entropy is the entropy of spectral-concentration.
    """

    name: ClassVar[str] = "mask-distance"
    title: ClassVar[str] = "Change of the largest weights"
    reference: ClassVar[str] = "Minegishi et al. 2023 (arXiv 2310.19470), Jaccard distance of magnitude masks"
    cost: ClassVar = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "step": "step of a checkpoint",
        "to_previous": "distance from the mask of the checkpoint before, from 0 to 1; empty at the first",
        "to_last": "distance from the mask of the last checkpoint",
    }

    keep: Annotated[float, Field(gt=0, lt=1)] = 0.5

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_checkpoints(run)

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.curves import masks

        shapes = {name: tensor.shape for name, tensor in run.snapshot().weights.items() if tensor.ndim > 1}
        kept, shared = 0, [0, 0]
        for name in sorted(shapes):
            found = masks.largest(path_of_parameter(run, name), self.keep)
            kept += int(found[0].sum())
            shared = [total + more for total, more in zip(shared, masks.common(found), strict=True)]  # type: ignore[misc]
        distances = {name: 1 - each / (2 * kept - each) for name, each in zip(OTHERS, shared, strict=True)}
        table = pd.DataFrame({"step": run.steps, **{name: each.numpy() for name, each in distances.items()}})  # type: ignore[attr-defined]
        return table.assign(to_previous=table["to_previous"].where(table.index > 0))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        named = result.rename(columns=OTHERS).melt("step", list(OTHERS.values()), var_name="from", value_name="distance").dropna()
        shown = curves(named, x="step", y="distance", color="from", x_title="step", y_title="distance (dashed: chance)")
        return level(shown, self.chance)

    def headline(self, result: pd.DataFrame) -> Headline:
        whole = float(result["to_last"].iloc[0])
        near = result["step"][(result["to_last"] > whole / 2).iloc[::-1].cummax().iloc[::-1].eq(False)]
        still = Missing("the largest weights are the same at all checkpoints")
        return {"first_to_last": whole, "chance": self.chance, "half_way": int(near.iloc[0]) if whole > 0 else still}

    @property
    def chance(self) -> float:
        """The distance between masks of independent weights, in a large matrix."""
        return 1 - self.keep / (2 - self.keep)
