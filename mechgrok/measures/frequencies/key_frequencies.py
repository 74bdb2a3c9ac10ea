"""The key frequencies of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, last
from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_neurons
from mechgrok.plots.primitives import frequency_map
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

Rule = Literal["logit-similarity", "neuron-clusters", "fixed"]


@dataclass(frozen=True)
class KeyFrequencies(InBasis):
    """The key frequencies: those k = 1 .. p // 2 whose score is above a threshold.

    rule=logit-similarity (default, threshold .05): score = <u_k, L> / |L - mean_c L|, the cosine between the logits (centred over c) and
    u_k = cos w_k(phase - c) / |cos w_k(phase - c)|, over all rows. rule=neuron-clusters: score = share of the neurons of which k explains
    more of the variance over (a, b) than any other frequency does, and more than 85 %. rule=fixed: score = 1 for the frequencies of the
    field `fixed`, 0 for all others.
    """

    name: ClassVar[str] = "key-frequencies"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Key frequencies"
    reference: ClassVar[str] = "Chughtai et al. 2023 (arXiv 2302.03025), section 5; Nanda et al. 2023 (arXiv 2301.05217), section 4"
    columns: ClassVar[Mapping[str, str]] = {
        "frequency": "k, from 1 to p // 2",
        "score": "the number that the rule compares with the threshold; dimensionless",
        "key": "whether k is a key frequency",
    }

    rule: Rule = "logit-similarity"
    threshold: Annotated[float, Field(ge=0)] = 0.05
    at: Literal["own", "last"] = "own"  # type: ignore[assignment]
    fixed: tuple[int, ...] = ()

    def caption(self) -> str:
        chosen = ", ".join(map(str, self.fixed)) if self.rule == "fixed" else f"{self.rule} > {self.threshold:g}"
        return f"{super().caption()} Here: {chosen}."

    def obstacle(self, run: Run) -> str | None:
        if bool(self.fixed) != (self.rule == "fixed"):
            return "rule=fixed needs fixed=..., and fixed=... needs rule=fixed"
        no_basis = super().obstacle(run)
        if no_basis:
            return no_basis
        size = self.size(run.task)
        outside = [k for k in self.fixed if not 1 <= k <= size // 2]
        if outside:
            return f"frequency {outside[0]} does not exist modulo {size}; use 1 to {size // 2}"
        of_neurons = self.rule == "neuron-clusters"
        return needs_neurons(run) or needs_all_pairs(run, self.basis_in(run.task)) if of_neurons else None

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import fourier

        scores = _SCORES[self.rule](self, snapshot)
        table = pd.DataFrame({"frequency": list(fourier.frequencies(snapshot.p)), "score": scores.numpy()})
        return table.assign(key=table["score"] > (0 if self.rule == "fixed" else self.threshold))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        return frequency_map(result, x="step", y="frequency", value="score", x_title="step", y_title="frequency k", value_title=self.rule)

    def headline(self, result: pd.DataFrame) -> Headline:
        return {"frequencies": keys_of(last(result)), "rule": f"{self.rule} > {self.threshold:g}" if self.rule != "fixed" else "fixed"}


def keys_of(table: pd.DataFrame) -> list[int]:
    """The key frequencies in the table of one checkpoint."""
    return table.loc[table["key"], "frequency"].astype(int).tolist()


def logit_similarity(snapshot: Snapshot) -> Tensor:
    """<u_k, L> / |L centred over c| for k = 1 .. p // 2 (p // 2,); zeros for logits that are constant over c, up to rounding."""
    import torch

    norm, centred = snapshot.logit_norms
    return snapshot.cosine_coefficients / centred if centred > 1e-12 * norm else torch.zeros_like(snapshot.cosine_coefficients)


def _cluster_shares(measure: KeyFrequencies, snapshot: Snapshot) -> Tensor:
    import torch

    explained, total = snapshot.neuron_power
    fve = explained / total
    best = fve.argmax(0)[(fve.amax(0) > 0.85) & snapshot.neurons_vary]
    return torch.bincount(best, minlength=len(explained)) / len(total)


def _fixed(measure: KeyFrequencies, snapshot: Snapshot) -> Tensor:
    import torch

    from mechgrok.maths.harmonic import fourier

    return torch.tensor([float(k in measure.fixed) for k in fourier.frequencies(snapshot.p)])


_SCORES = {"logit-similarity": lambda _, snapshot: logit_similarity(snapshot), "neuron-clusters": _cluster_shares, "fixed": _fixed}
