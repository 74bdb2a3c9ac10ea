"""Clock or pizza: the algorithm by which a network adds angles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.algorithms.distance_irrelevance import DistanceIrrelevance
from mechgrok.measures.algorithms.gradient_symmetricity import GradientSymmetricity
from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, Measure, Missing, last, step_title
from mechgrok.measures.shared.diagonals import needs_diagonals, other_diagonal
from mechgrok.measures.shared.obstacles import needs_all_pairs
from mechgrok.plots.primitives import bars
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

Share = Annotated[float, Field(ge=0, le=1)]
FORMULAS = {"clock": "clock", "pizza": "pizza (released notebook)", "pizza_text": "pizza (paper's text)"}


@dataclass(frozen=True)
class ClockPizza(Keyed):
    """Fraction of the variance of the logits (centred over c) of each isolated circle of W_E that the clock and pizza formulas explain.

    Circle of a key frequency k: the first two principal components of W_E with frequency k and circularity above .5. Its logits L: a
    forward pass with W_E replaced by its mean over the tokens + these two components. theta = w_k (a + b - c), Delta = w_k (a - b). Clock:
    Q = cos theta. Pizza: Q = |cos Delta / 2| (|cos theta / 2| - |sin theta / 2|) in the released notebook, |cos Delta / 2| cos theta in the
    paper's text. Explained = 1 - Var(L - Q) / Var(L), L and Q standardised over all rows and classes; it equals 2 r - 1, r their
    correlation. Label of the network: pizza if gradient symmetricity >= .9 and distance irrelevance (correct logit) <= .4; clock if they
    are <= .7 and >= .6; else undecided.
    """

    name: ClassVar[str] = "clock-pizza"
    title: ClassVar[str] = "Clock or pizza"
    reference: ClassVar[str] = "Zhong et al. 2023 (arXiv 2306.17844), sections 3 and 4, and its released notebook"
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "frequency": "k of the circle; 0 in the single row of an embedding without circles",
        "variance": "share of the variance of W_E in the two components",
        "clock": "fraction of variance that the clock formula explains, at most 1; empty without a circle",
        "pizza": "the same for the pizza formula of the released notebook",
        "pizza_text": "the same for the pizza formula of the paper's text",
        "symmetricity": "gradient symmetricity of the network; empty where a gradient vanishes",
        "irrelevance": "distance irrelevance (correct logit) of the network; empty where the logit is constant",
    }

    circularity: Share = 0.5
    pizza: tuple[Share, Share] = (0.9, 0.4)
    """Pizza: least symmetricity, and greatest irrelevance."""
    clock: tuple[Share, Share] = (0.7, 0.6)
    """Clock: greatest symmetricity, and least irrelevance."""

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {**super().requires, "symmetricity": GradientSymmetricity(), "irrelevance": DistanceIrrelevance(basis=self.basis)}

    def obstacle(self, run: Run) -> str | None:
        return needs_all_pairs(run, self.basis_in(run.task)) or super().obstacle(run) or needs_diagonals(self, run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        columns = ["frequency", "variance", *FORMULAS]
        circles = circles_of(snapshot, key_set(given), self.circularity)
        rows = [(k, variance, *_explained(snapshot, k, vectors)) for k, variance, vectors in circles]
        nan = float("nan")
        table = pd.DataFrame(rows or [(0, nan, nan, nan, nan)], columns=columns)
        variants = given["irrelevance"].set_index("variant")["irrelevance"]
        return table.assign(symmetricity=given["symmetricity"]["cosine"].mean(skipna=False), irrelevance=variants["correct"])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result).sort_values("frequency")
        long = now.assign(circle="k = " + now["frequency"].astype(str)).rename(columns=FORMULAS)
        table = long.melt("circle", list(FORMULAS.values()), var_name="formula", value_name="explained")
        shown = bars(table, x="circle", y="explained", color="formula", x_title="isolated circle", y_title="variance of logits explained")
        return shown.update_layout(title_text=step_title(now))

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        none = Missing("no two principal components of the embedding form a circle of a key frequency")
        circles = now[now["frequency"] > 0]
        means = {f"explained_{formula}": none if circles.empty else float(circles[formula].mean()) for formula in FORMULAS}
        return {"label": self._label(now["symmetricity"].iloc[0], now["irrelevance"].iloc[0]), "circles": len(circles), **means}

    def _label(self, symmetricity: float, irrelevance: float) -> str:
        if symmetricity >= self.pizza[0] and irrelevance <= self.pizza[1]:
            return "pizza"
        return "clock" if symmetricity <= self.clock[0] and irrelevance >= self.clock[1] else "undecided"


def circles_of(snapshot: Snapshot, keys: list[int], threshold: float) -> Iterator[tuple[int, float, Tensor]]:
    """Key frequency, share of variance, and the two unit vectors over the tokens (p, 2) of every circle."""
    from mechgrok.maths.harmonic import circles

    vectors, variance = circles.principal_components(snapshot.embedding)
    frequency, circularity = circles.circularities(vectors)
    for k in keys:
        found = ((frequency == k) & (circularity > threshold)).nonzero()[:2, 0]
        if len(found) == 2:
            yield k, float(variance[found].sum()), vectors[:, found]


def _explained(snapshot: Snapshot, k: int, vectors: Tensor) -> tuple[float, float, float]:
    """Fraction of the variance of the logits of an isolated circle that each of FORMULAS explains."""
    import torch

    from mechgrok.maths.harmonic import circles, fourier

    logits = snapshot.with_embedding(circles.keep_components(snapshot.embedding, vectors)).logits
    logits = logits - logits.mean(1, keepdim=True)
    clock, pizza = circles.circle_waves(snapshot.grid.phase, snapshot.p, k)
    slices = torch.cos(fourier.angles(snapshot.p, k) / 2).abs()[other_diagonal(snapshot.grid)][:, None]
    formulas = (clock, slices * pizza, slices * clock)
    first, second, third = (circles.standardised_variance_explained(logits, formula) for formula in formulas)
    return first, second, third
