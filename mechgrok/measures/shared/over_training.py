"""Figures of the last checkpoint of a run beside a curve over all its checkpoints."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import last, step_title
from mechgrok.plots.primitives import panels


def beside_training(result: pd.DataFrame, now: go.Figure, over: go.Figure, title: str = "Over training") -> go.Figure:
    """A figure of the last checkpoint beside a curve over all; the first alone where the table has one checkpoint.

    Parameters
    ----------
    result : DataFrame
        A measure's table over checkpoints.
    now, over : Figure
        Of the last checkpoint, and over training.
    title : str
        Title of the panel over training.

    Returns
    -------
    Figure

    Examples
    --------
    >>> import plotly.graph_objects as go
    >>> from mechgrok.measures.shared.over_training import beside_training
    >>> beside_training(pd.DataFrame({"step": [20]}), go.Figure(), go.Figure()).layout.title.text == "Step 20"
    True
    """
    if result["step"].nunique() == 1:
        return now.update_layout(title_text=step_title(result))
    return panels([now, over], titles=[step_title(last(result)), title])
