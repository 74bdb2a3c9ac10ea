"""Attention and neurons as functions of (a, b)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, Measure, last
from mechgrok.measures.neurons.neuron_frequencies import NeuronFrequencies
from mechgrok.measures.neurons.site_obstacle import site_obstacle
from mechgrok.measures.shared.operand_attention import attention_to_operands
from mechgrok.plots.primitives import heatmap, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

MOST = 6
"""The most neurons in the table, and panels in the figure."""
LARGE = 410
"""Height in pixels at which the only panel of a figure fills its width."""


@dataclass(frozen=True)
class ActivationMap(Keyed):
    """Attention to a of each head, or activations of selected neurons, over all (a, b).

    site=attention: value(a, b) = attention of the read position to the operand a, last layer. site=neurons: value(a, b) = activation
    after the nonlinearity, last layer, at the read position, of the first neuron specialised in each key frequency (which explains more
    than 85 % of its variance), at most six; neuron 0 where no neuron is specialised.
    """

    name: ClassVar[str] = "activation-map"
    title: ClassVar[str] = "Attention and neurons over (a, b)"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.1"
    columns: ClassVar[Mapping[str, str]] = {
        "a": "first operand",
        "b": "second operand",
        "unit": "index of the head, or of the neuron in d_mlp",
        "frequency": "key frequency of the neuron; 0 for a head, and for a neuron that is not specialised",
        "value": "attention (from 0 to 1), or activation",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    site: Literal["attention", "neurons"] = "attention"

    @property
    def requires(self) -> Mapping[str, Measure]:
        neurons = {"neurons": NeuronFrequencies(basis=self.basis)} if self.site == "neurons" else {}
        return {**super().requires, **neurons}

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or site_obstacle(self, run, self.site)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        a, b = snapshot.grid.operands.T.numpy()
        chosen = _specialised_neurons(given) if self.site == "neurons" else dict.fromkeys(range(snapshot.architecture.heads), 0)
        values = snapshot.neurons if self.site == "neurons" else attention_to_operands(snapshot)[0]
        columns = ({"unit": unit, "frequency": k, "value": values[:, unit].numpy()} for unit, k in chosen.items())
        return pd.concat([pd.DataFrame({"a": a, "b": b, **column}) for column in columns], ignore_index=True)

    def caption(self) -> str:
        return f"{super().caption()} Here: {self.site}."

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shown = [rows for _, rows in last(result).groupby("unit", sort=False)][:MOST]
        titles = [self._name_of(rows) for rows in shown]
        return panels([self._map(rows) for rows in shown], titles=titles, columns=2 if len(shown) in (2, 4) else None)

    def closeup(self, result: pd.DataFrame) -> go.Figure:
        """The neuron of the lowest frequency, whose waves are the longest; of heads, the one that varies most over (a, b)."""
        rows = min(
            (rows for _, rows in last(result).groupby("unit", sort=False)),
            key=lambda rows: (rows["frequency"].iloc[0], -rows["value"].std()),
        )
        return self._map(rows).update_layout(height=LARGE, title_text=f"{self._name_of(rows).capitalize()}: {self._quantity}")

    @property
    def _quantity(self) -> str:
        return "attention to a" if self.site == "attention" else "activation"

    def _map(self, rows: pd.DataFrame) -> go.Figure:
        return heatmap(rows.pivot(index="a", columns="b", values="value"), x_title="b", y_title="a", value_title=self._quantity)

    def _name_of(self, rows: pd.DataFrame) -> str:
        unit, k = rows[["unit", "frequency"]].iloc[0]
        return f"{'head' if self.site == 'attention' else 'neuron'} {unit}" + (f", k = {k}" if k else "")

    def headline(self, result: pd.DataFrame) -> Headline:
        by_unit = last(result).groupby("unit", sort=False)["value"]
        return {
            "mean": {str(unit): float(value) for unit, value in by_unit.mean().items()},
            "deviation": {str(unit): float(value) for unit, value in by_unit.std(ddof=0).items()},
        }


def _specialised_neurons(given: Mapping[str, pd.DataFrame]) -> dict[int, int]:
    """The first specialised neuron of each key frequency, with its frequency; neuron 0 with frequency 0 where there is none."""
    neurons = given["neurons"]
    special = neurons[neurons["specialised"] & neurons["frequency"].isin(key_set(given))]
    first = special.sort_values(["frequency", "neuron"]).drop_duplicates("frequency").head(MOST)
    return dict(zip(first["neuron"].tolist(), first["frequency"].tolist(), strict=True)) or {0: 0}
