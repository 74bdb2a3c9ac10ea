"""Figures of a run's last checkpoint, with what came before it where there is more than one."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import last, step_title
from mechgrok.plots.primitives import panels


def beside_training(result: pd.DataFrame, now: go.Figure, over: go.Figure, title: str = "Over training") -> go.Figure:
    """Two panels, the last checkpoint of a table and the curve over all; the first alone where there is only one checkpoint."""
    if result["step"].nunique() == 1:
        return now.update_layout(title_text=step_title(result))
    return panels([now, over], titles=[step_title(last(result)), title])
