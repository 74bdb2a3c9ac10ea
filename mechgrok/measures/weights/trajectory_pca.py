"""Trajectory of the weights over training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, RunMeasure
from mechgrok.measures.base.readings import headline_number
from mechgrok.measures.shared.parameter_path import path_of_parameter
from mechgrok.measures.weights.weight_norms import WeightNorms
from mechgrok.plots.primitives import bars, curves, panels, scatter

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

COMPONENTS = 10


@dataclass(frozen=True)
class TrajectoryPCA(RunMeasure):
    """Principal components of all weights over the checkpoints, and norm of the weights and distance from the first checkpoint.

    w_s = all weights at checkpoint s as one vector; each checkpoint counts once. share_k = l_k / sum l, l and u the eigenvalues and
    eigenvectors of H G H, G[s, t] = w_s . w_t, H = 1 - 11' / n; coordinate_k = sqrt(l_k) u_k. Null: a random walk at the same steps, in
    the limit of many dimensions, G[s, t] = min(s, t); its shares tend to 6 / (pi k)^2, so that 76 % of the variance on two components is
    what a random walk has. alpha = |w| / |w_first|.
    """

    name: ClassVar[str] = "trajectory-pca"
    title: ClassVar[str] = "Trajectory of the weights"
    reference: ClassVar[str] = (
        "Antognini and Sohl-Dickstein 2018 (arXiv 1806.08805), section 3; alpha: Liu et al. 2023 (arXiv 2210.01117), section 2"
    )
    cost: ClassVar = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "part": "checkpoint or component",
        "step": "step of a checkpoint",
        "first": "coordinate on the first component, in units of the weights",
        "second": "coordinate on the second component",
        "alpha": "norm of all weights / norm at the first checkpoint; empty where the latter is 0",
        "distance": "Euclidean distance of all weights from the first checkpoint",
        "component": "index of the component, from 1",
        "share": "share of the variance over checkpoints; empty where the weights do not change",
        "walk_share": "share of that component for a random walk",
    }

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"norms": WeightNorms()}

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        from mechgrok.maths.curves import trajectories

        products = trajectories.gram(path_of_parameter(run, name) for name in sorted(run.snapshot().weights))
        shares, coordinates = trajectories.components(products)
        places = {name: column.numpy() for name, column in zip(("first", "second"), coordinates.T, strict=False)}
        points = _sizes(given["norms"]).assign(**places, distance=products.diagonal().sqrt().numpy(), part="checkpoint")
        walk = trajectories.walk_shares(torch.tensor(run.steps))
        spectrum = pd.DataFrame({"component": range(1, len(shares) + 1), "share": shares.numpy(), "walk_share": walk.numpy()})
        rows = spectrum[: min(COMPONENTS, len(run.steps) - 1)].assign(part="component")
        return pd.concat([points, rows], ignore_index=True).reindex(columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        points, spectrum = _part(result, "checkpoint"), _part(result, "component")
        sizes = curves(points, x="step", y="distance", x_title="step", y_title="distance from the first checkpoint")
        if spectrum.empty:
            return sizes
        titles = {name: f"component {number} ({_percent(spectrum, number)})" for number, name in ((1, "first"), (2, "second"))}
        path = scatter(points, x="first", y="second", color="step", x_title=titles["first"], y_title=titles["second"])
        named = {"share": "weights", "walk_share": "random walk"}
        long = spectrum.rename(columns=named).melt("component", list(named.values()), var_name="of", value_name="share")
        shares = bars(long, x="component", y="share", color="of", x_title="component", y_title="share of variance")
        return panels([path, shares, sizes], titles=["Path", "Components", "Distance"])

    def headline(self, result: pd.DataFrame) -> Headline:
        points, spectrum = _part(result, "checkpoint"), _part(result, "component").set_index("component")
        few = "" if len(points) > 2 else f"components need three checkpoints, and this run has {len(points)}"
        still = few or ("the weights are the same at all checkpoints" if spectrum["share"].isna().any() else "")
        found = {f"{name}_{k}": headline_number(spectrum[name].get(k), still) for name in ("share", "walk_share") for k in (1, 2)}
        end, alpha = points.iloc[-1], "the weights of the first checkpoint are all 0"
        sizes = {
            "alpha": headline_number(end["alpha"], alpha if pd.isna(end["alpha"]) else ""),
            "distance": headline_number(end["distance"], ""),
        }
        return found | sizes


def _sizes(norms: pd.DataFrame) -> pd.DataFrame:
    """Step and alpha of the checkpoints."""
    squares = norms.groupby("step")["sum_of_squares"].sum()
    first = squares.iloc[0] or float("nan")
    return pd.DataFrame({"step": squares.index, "alpha": (squares / first).to_numpy() ** 0.5})


def _part(result: pd.DataFrame, part: str) -> pd.DataFrame:
    found = result[result["part"] == part]
    return found.astype({"step": int} if part == "checkpoint" else {"component": int})


def _percent(spectrum: pd.DataFrame, component: int) -> str:
    shares = spectrum.loc[spectrum["component"] == component, "share"].dropna()
    return f"{shares.iloc[0]:.0%}" if len(shares) else "no variance"
