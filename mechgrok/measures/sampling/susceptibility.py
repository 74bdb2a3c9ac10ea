"""Susceptibility of each component of a network to a shift of the data from train to test rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, last, step_title
from mechgrok.measures.sampling.around_weights import DIVERGED, AroundWeights, in_float32, mean_loss, needs_test_rows
from mechgrok.measures.sampling.components import Component, components
from mechgrok.plots.primitives import bars, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.maths.landscape.langevin import OfWeights, Sampler
    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot

NUMBERS = {"susceptibility": "susceptibility, nats\N{SUPERSCRIPT TWO}", "coefficient": "refined learning coefficient"}


@dataclass(frozen=True)
class Susceptibility(AroundWeights):
    """Response of each component to a shift of the data from train to test rows, and its refined learning coefficient.

    susceptibility = E_C[phi L] - E_C[phi l] - E_C[phi] (<L> - <l>), phi = L - L(w_0); L: mean cross-entropy of the train rows, l: of the
    test rows; E_C: mean over draws in which the weights of component C alone move, <>: over draws in which all move. It estimates
    -Cov(phi_C, l - L) over the posterior: negative where moving C costs the test rows more than the train rows. coefficient = n_beta
    E_C[phi], the learning coefficient refined to C. Components: embedding, positions, each head (queries, keys, values, output), each
    MLP, unembedding. Sampler and train rows as in learning-coefficient, with fewer draws; at most 4000 test rows. Both numbers depend
    on epsilon and gamma. The last term is the largest where moving all weights costs far more than moving C; all susceptibilities then
    have its sign.
    """

    name: ClassVar[str] = "susceptibility"
    title: ClassVar[str] = "Susceptibilities of components"
    reference: ClassVar[str] = (
        "Baker et al. 2025 (arXiv 2504.18274), appendix C.4, estimator as in library devinterp 2; Wang et al. 2024 (arXiv 2410.02984)"
    )
    columns: ClassVar[Mapping[str, str]] = {
        "component": "embedding, positions, L0H0 (head 0 of layer 0), L0 attention (the bias of its output), L0 MLP, unembedding, ...",
        "chain": "index of the chain",
        "susceptibility": "squared nats; empty where the chain diverged",
        "coefficient": "refined learning coefficient; empty where the chain diverged",
        "parameters": "number of weights of the component",
    }

    chains: Annotated[int, Field(ge=2)] = 2
    draws: Annotated[int, Field(ge=4)] = 40
    burn_in: Annotated[int, Field(ge=0)] = 60

    def obstacle(self, run: Run) -> str | None:
        return needs_test_rows(run) or super().obstacle(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        weights, index = in_float32(snapshot), self.rows_of(snapshot, "train")
        train, test = mean_loss(snapshot, index), mean_loss(snapshot, self.rows_of(snapshot, "test"))
        sampled = Sampled(weights, train, lambda now: torch.stack([train(now), test(now)]), self.sampler(len(index)))
        shift = sampled.shift()
        return pd.concat([sampled.responses(component, shift) for component in components(weights)], ignore_index=True)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result).groupby("component", sort=False)[list(NUMBERS)].agg(["mean", "min", "max"])
        figures = [_drawn(now[column].reset_index(), title) for column, title in NUMBERS.items()]
        return panels(figures, titles=["Shift to the test rows", "Train rows"], title=step_title(last(result)))

    def headline(self, result: pd.DataFrame) -> Headline:
        by_component = last(result).groupby("component", sort=False)[list(NUMBERS)]
        mean, deviation = by_component.mean(), by_component.std()
        names = {"components": list(mean.index)}
        if last(result)[list(NUMBERS)].isna().any(axis=None):
            return names | dict.fromkeys((*NUMBERS, "deviation", "largest"), DIVERGED)
        return names | {
            "susceptibility": mean["susceptibility"].tolist(),
            "deviation": deviation["susceptibility"].tolist(),
            "coefficient": mean["coefficient"].tolist(),
            "largest": str(mean["susceptibility"].abs().idxmax()),
        }


@dataclass(frozen=True)
class Sampled:
    """Draws of the losses over train and test rows around the weights."""

    weights: Mapping[str, Tensor]
    train: OfWeights
    both: OfWeights
    """The losses over train and over test rows (2,)."""
    sampler: Sampler

    def shift(self) -> float:
        """Mean train loss less mean test loss, where all weights move."""
        from mechgrok.maths.landscape import langevin

        train, test = langevin.sample(self.train, self.weights, self.sampler, self.both).unbind(-1)
        return float((train - test).mean())

    def responses(self, component: Component, shift: float) -> pd.DataFrame:
        """Susceptibility and refined learning coefficient of a component, a row a chain."""
        import torch

        from mechgrok.maths.landscape import langevin, responses

        part, of_part = component.take(self.weights), lambda function: lambda part: function(component.put(self.weights, part))
        train, test = langevin.sample(of_part(self.train), part, self.sampler, of_part(self.both)).unbind(-1)
        with torch.no_grad():
            initial = self.train(self.weights).double()
        found = {
            "component": component.label,
            "chain": range(len(train)),
            "susceptibility": responses.susceptibility(train - initial, train, test, shift).numpy(),
            "coefficient": langevin.learning_coefficients(train, float(initial), self.sampler.n_beta).numpy(),
            "parameters": sum(tensor.numel() for tensor in part.values()),
        }
        return pd.DataFrame(found)


def _drawn(table: pd.DataFrame, title: str) -> go.Figure:
    return bars(table, x="component", y="mean", low="min", high="max", x_title="component that moves", y_title=title)
