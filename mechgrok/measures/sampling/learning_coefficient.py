"""Local learning coefficient of the train loss at the weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.sampling.around_weights import DIVERGED, AroundWeights, in_float32, mean_loss
from mechgrok.plots.primitives import curves

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class LearningCoefficient(AroundWeights):
    """Local learning coefficient of the train loss, estimated by Langevin sampling around the weights.

    LLC = n_beta (mean loss of the draws - loss at w_0), L the mean cross-entropy of n train rows (all rows where the split is unknown; at
    most 4000, drawn once), n_beta = n / log n. Sampler: w' = w - epsilon / 2 (n_beta grad L + gamma (w - w_0)) + N(0, epsilon) over all
    weights; gradients from all n rows; float32 weights, float64 cross-entropy over all classes, with the labels the rows were trained
    with. The estimate depends on epsilon and gamma: compare networks only at equal values, and only where the traces are stationary and
    R-hat (split chains) is near 1. Where the loss is flat and near zero, as after grokking with float64 losses, gamma exceeds n_beta
    times the curvature, and the estimate lies far below the coefficient.
    """

    name: ClassVar[str] = "learning-coefficient"
    title: ClassVar[str] = "Local learning coefficient"
    reference: ClassVar[str] = "Lau et al. 2023 (arXiv 2308.12108), section 4; library devinterp 2"
    columns: ClassVar[Mapping[str, str]] = {
        "chain": "index of the chain",
        "draw": "index of the draw after the burn-in",
        "loss": "loss at the sampled weights, nats per row; empty after the chain diverged",
        "baseline": "loss at the weights of the network over the same rows, nats per row",
        "rows": "n, the number of rows",
        "n_beta": "n / log n, the inverse temperature",
        "epsilon": "step size",
        "gamma": "strength of the restoring force to the weights of the network",
        "burn_in": "number of steps before the first draw",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        from mechgrok.maths.landscape import langevin

        index = self.rows_of(snapshot, "train")
        loss, weights, sampler = mean_loss(snapshot, index), in_float32(snapshot), self.sampler(len(index))
        with torch.no_grad():
            baseline = float(loss(weights))
        draws = langevin.sample(loss, weights, sampler)
        table = pd.DataFrame(draws.numpy()).rename_axis("chain").melt(ignore_index=False, var_name="draw", value_name="loss")
        constant = {"baseline": baseline, "rows": len(index), "n_beta": sampler.n_beta, "epsilon": self.epsilon, "gamma": self.gamma}
        return table.reset_index().assign(**constant, burn_in=self.burn_in)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        shown = now.assign(chain="chain " + now["chain"].astype(str), excess=now["n_beta"] * (now["loss"] - now["baseline"]))
        y_title = "n\N{GREEK SMALL LETTER BETA} (loss \N{MINUS SIGN} loss at w\N{SUBSCRIPT ZERO})"
        return curves(shown, x="draw", y="excess", color="chain", x_title="draw", y_title=y_title, title=step_title(now))

    def headline(self, result: pd.DataFrame) -> Headline:
        from mechgrok.maths.landscape import langevin

        now = last(result)
        baseline, n_beta = float(now["baseline"].iloc[0]), float(now["n_beta"].iloc[0])
        draws = _tensor(now.pivot(index="chain", columns="draw", values="loss"))
        each = langevin.learning_coefficients(draws, baseline, n_beta)
        known = {"baseline": baseline, "n_beta": n_beta, "rows": int(now["rows"].iloc[0])}
        if not bool(each.isfinite().all()):
            return known | dict.fromkeys(("llc", "deviation", "r_hat", "chains", "chain_deviations"), DIVERGED)
        r_hat = langevin.split_r_hat(draws)
        return known | {
            "llc": float(each.mean()),
            "deviation": float(each.std()),
            "r_hat": Missing("all draws of a chain are the same") if math.isnan(r_hat) else r_hat,
            "chains": each.tolist(),
            "chain_deviations": (n_beta * draws.std(1)).tolist(),
        }


def _tensor(table: pd.DataFrame) -> Tensor:
    import torch

    return torch.from_numpy(table.to_numpy(dtype=float, copy=True))
