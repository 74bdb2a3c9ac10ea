"""Labels in figures that show what they hold: plotly reads some HTML in them, and names in the data are not to be read as HTML."""

from __future__ import annotations

import html
import re
from typing import Any

import numpy as np
import plotly.graph_objects as go

_OURS = re.compile(r"&lt;(/?(?:b|i|sub|sup|br)/?)&gt;")
_TEXTS = {"name", "text", "hovertext", "ticktext", "labels", "x", "y"}


def as_text(figure: go.Figure) -> go.Figure:
    """The same figure; what comes from data is shown as it is, titles and ticks keep the simple tags (bold, superscript) of the code."""
    parts = figure.to_plotly_json()
    data = [{key: _escaped(value, key, _literally) for key, value in trace.items()} for trace in parts["data"]]
    layout = {key: value if key == "template" else _escaped(value, key, _keeping_tags) for key, value in parts["layout"].items()}
    return go.Figure(data=data, layout=layout)


def _literally(text: str) -> str:
    return html.escape(text, quote=False)


def _keeping_tags(text: str) -> str:
    return _OURS.sub(r"<\1>", _literally(html.unescape(text)))


def _escaped(value: Any, key: str, escape: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _escaped(each, inner, _keeping_tags if key == "title" else escape) for inner, each in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind not in "OU":
        return value
    if isinstance(value, list | tuple | np.ndarray):
        return [_escaped(each, key, escape) for each in value]
    return escape(value) if isinstance(value, str) and key in _TEXTS else value
