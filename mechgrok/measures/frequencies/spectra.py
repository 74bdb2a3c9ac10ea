"""Tables and figures of the Fourier coefficients of a matrix along the tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import bars, frequency_map

if TYPE_CHECKING:
    from torch import Tensor

COLUMNS: Mapping[str, str] = {
    "frequency": "k, from 0 (the constant) to p // 2",
    "cosine": "norm of the cosine coefficient (of the constant one for k = 0)",
    "sine": "norm of the sine coefficient; empty for k = 0 and k = p / 2",
    "power": "cosine^2 + sine^2",
    "share": "power / power of all k >= 1; empty for k = 0",
    "key": "whether k is a key frequency",
}


def spectrum(matrix: Tensor, keys: list[int]) -> pd.DataFrame:
    """The table of COLUMNS of a matrix (p, features), transformed along the tokens."""
    import torch

    from mechgrok.maths.harmonic import fourier

    p = len(matrix)
    norms = fourier.coefficients(matrix).norm(dim=1)
    cosine, sine = norms[[0, *range(1, p, 2)]], torch.full((p // 2 + 1,), float("nan"), dtype=torch.float64)
    sine[1 : (p + 1) // 2] = norms[2::2]
    table = pd.DataFrame({"frequency": range(p // 2 + 1), "cosine": cosine.numpy(), "sine": sine.numpy()})
    table["power"] = table["cosine"] ** 2 + table["sine"].fillna(0) ** 2
    table["share"] = (table["power"] / table["power"][1:].sum()).where(table["frequency"] > 0)
    return table.assign(key=table["frequency"].isin(keys))


def spectrum_headline(result: pd.DataFrame, top: int = 5) -> Headline:
    """The frequencies with most power at the last checkpoint, and the share of the key frequencies in the power of all k >= 1."""
    table = last(result)[1:]
    if table["power"].sum() <= 1e-24 * last(result)["power"].iloc[0]:
        return dict.fromkeys(("top_frequencies", "share_key"), Missing("the matrix is constant over the tokens"))
    order = table.sort_values("power", ascending=False, kind="stable")
    return {
        "top_frequencies": order["frequency"].head(top).astype(int).tolist(),
        "share_key": float(table.loc[table["key"], "share"].sum()),
    }


def spectrum_frame(rows: pd.DataFrame) -> list[dict[str, pd.Series]]:
    """Frequencies and norms of the figure's bars at one checkpoint: of the cosines, then of the sines where there are some."""
    norms = {name: rows[1:].dropna(subset=[name]) for name in ("cosine", "sine")}
    return [{"x": now["frequency"], "y": now[name]} for name, now in norms.items() if len(now)]


def spectrum_figure(result: pd.DataFrame) -> go.Figure:
    """Coefficients at the last checkpoint as bars, beside the shares of all frequencies over training."""
    now = last(result)[1:]
    long = now.melt("frequency", ["cosine", "sine"], var_name="component", value_name="norm").dropna()
    shown = bars(
        long,
        x="frequency",
        y="norm",
        color="component",
        highlight=now.loc[now["key"], "frequency"].tolist(),
        x_title="frequency k",
        y_title="norm of coefficient",
    )
    over = frequency_map(
        result[result["frequency"] > 0],
        x="step",
        y="frequency",
        value="share",
        x_title="step",
        y_title="frequency k",
        value_title="share of power",
    ).update_traces(zmin=0, selector={"type": "heatmap"})
    return beside_training(result, shown, over)
