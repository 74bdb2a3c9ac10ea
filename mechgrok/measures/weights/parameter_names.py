"""Short names of parameters, for figures."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from mechgrok.plots.primitives import bars

IMPLIED_BY_THE_LETTER = {"attn", "mlp", "embed", "pos_embed", "unembed"}
"""Parts of a name that may be dropped: no two names differ in these alone."""


def short(name: str) -> str:
    """`blocks.0.attn.W_Q` as `W_Q 0`, with its layer; `embed.W_E` as `W_E`."""
    first, *rest = name.split(".")
    layer, parts = (f" {rest[0]}", rest[1:]) if first == "blocks" else ("", [first, *rest])
    return ".".join(part for part in parts if part not in IMPLIED_BY_THE_LETTER) + layer


def by_parameter(table: pd.DataFrame, value: str, *, log_y: bool = False, y_title: str) -> go.Figure:
    """Bars of a column of one checkpoint over its parameters, each with its name on the axis."""
    shown = table.dropna(subset=[value]).assign(parameter=lambda rows: rows["parameter"].map(short))
    figure = bars(shown, x="parameter", y=value, log_y=log_y, x_title="parameter and layer", y_title=y_title)
    return figure.update_xaxes(tickmode="array", tickvals=shown["parameter"].tolist(), tickangle=-90)
