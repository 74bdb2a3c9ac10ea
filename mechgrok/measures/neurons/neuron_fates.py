"""When neurons commit to a frequency, and which frequencies come and go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Measure, Missing, RunMeasure
from mechgrok.measures.neurons.neuron_frequencies import NeuronFrequencies
from mechgrok.plots.primitives import curves, histogram, panels

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

OFTEN, FEW = 0.05, 0.1
"""The share of all neurons that a frequency must have once, and the part of its largest number below which it is lost."""


@dataclass(frozen=True)
class NeuronFates(RunMeasure):
    """Step from which each neuron keeps its frequency, how often it changed, and frequencies whose neurons come and go.

    State of a neuron at a checkpoint: its frequency if that explains more than the threshold of its variance (.85, see neuron-frequencies),
    else none. committed = first checkpoint from which on the state is that of the last checkpoint; neurons without a frequency there never
    commit. switches = changes from one frequency to another, stretches without one between them left out. A frequency counts if at least 5
    % of the neurons have it at some checkpoint; it is lost if fewer than 10 % of its largest number have it at the last one (the source's
    10 % may be of all neurons; of its own largest number is the choice here). Steps are those of checkpoints.
    """

    name: ClassVar[str] = "neuron-fates"
    by_default: ClassVar[bool] = False
    title: ClassVar[str] = "Fates of the neurons"
    reference: ClassVar[str] = "after the code of MIScope (2026)"
    columns: ClassVar[Mapping[str, str]] = {
        "part": "neuron; frequency: one that counts; share: one that counts at one checkpoint",
        "neuron": "index into d_mlp",
        "frequency": "k: of a neuron at the last checkpoint, 0 for none",
        "step": "of a neuron: committed, empty where it never is; of a frequency: that of its largest number; of a share: the checkpoint",
        "switches": "of a neuron: number of changes of frequency",
        "share": "of a frequency or share: part of all neurons that have it then",
        "at_end": "of a frequency: part of all neurons that have it at the last checkpoint",
        "lost": "of a frequency: whether it is lost",
    }

    threshold: Annotated[float, Field(ge=0, le=1)] = 0.85

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"neurons": NeuronFrequencies(threshold=self.threshold)}

    def obstacle(self, run: Run) -> str | None:
        return NeuronFrequencies().obstacle(run)

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        found = given["neurons"]
        states = found.assign(state=found["frequency"].where(found["specialised"], 0)).pivot(index="step", columns="neuron", values="state")
        parts = [_neurons(states), *_frequencies(states)]
        table = pd.concat(parts, ignore_index=True).reindex(columns=list(self.columns))
        return table.assign(lost=table["lost"].eq(True))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shares = result[result["part"] == "share"].astype({"step": int, "frequency": int})
        committed = result.loc[(result["part"] == "neuron") & result["step"].notna(), "step"]
        times = histogram(committed, bins=40, x_title="step of commitment", y_title="neurons")
        if shares.empty:
            return times
        named = shares.assign(frequency="k = " + shares["frequency"].astype(str))
        over = curves(named, x="step", y="share", color="frequency", x_title="step", y_title="share of the neurons")
        return panels([over, times], titles=["Neurons of a frequency", "Commitment"])

    def headline(self, result: pd.DataFrame) -> Headline:
        neurons, found = (result[result["part"] == part] for part in ("neuron", "frequency"))
        committed = neurons["step"].dropna()
        none = Missing("no neuron has a frequency at the last checkpoint")
        return {
            "committed": len(committed),
            "never": len(neurons) - len(committed),
            "median_commitment": float(committed.median()) if len(committed) else none,
            "switches": int(neurons["switches"].sum()),
            "kept_frequencies": sorted(found.loc[~found["lost"], "frequency"].astype(int).tolist()),
            "lost_frequencies": sorted(found.loc[found["lost"], "frequency"].astype(int).tolist()),
        }


def _neurons(states: pd.DataFrame) -> pd.DataFrame:
    """The part of the neurons, from their states (step, neuron)."""
    steps, values = states.index.to_numpy(), states.to_numpy()
    rows = []
    for neuron, course in zip(states.columns, values.T, strict=True):
        differs = np.flatnonzero(course != course[-1])
        since = steps[differs[-1] + 1] if len(differs) else steps[0]
        had = course[course > 0]
        rows.append((neuron, course[-1], since if course[-1] else np.nan, int((np.diff(had) != 0).sum())))
    return pd.DataFrame(rows, columns=["neuron", "frequency", "step", "switches"]).assign(part="neuron")


def _frequencies(states: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The parts of the frequencies that count, and of their shares at each checkpoint."""
    every = sorted(set(states.to_numpy().ravel().tolist()) - {0})
    shares = pd.DataFrame({k: (states == k).mean(axis=1) for k in every}, index=states.index)
    shares = shares.loc[:, shares.max() >= OFTEN]
    peak, end = shares.max(), shares.iloc[-1]
    found = pd.DataFrame({"step": shares.idxmax(), "share": peak, "at_end": end, "lost": end < FEW * peak}).rename_axis("frequency")
    long = shares.melt(ignore_index=False, var_name="frequency", value_name="share").reset_index()
    return found.reset_index().assign(part="frequency"), long.assign(part="share")
