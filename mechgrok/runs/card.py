"""A run in a notebook: the verdict of its report, a card of facts, and the curves recorded in training."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from mechgrok.plots import html
from mechgrok.runs.run_files import RunFiles

_WIDTH, _HEIGHT = 420, 120
_COLORS = {"train": "#888888", "test": "#c0392b", "all": "#888888"}


def card(run: RunFiles) -> str:
    """The verdict and facts of a run, and its accuracy or loss over the steps as a drawing."""
    config = run.stored_config
    facts = {part: _in_words(config.get(part, {})) for part in ("task", "model", "split")}
    steps = f"{len(run.steps)}, from step {run.steps[0]} to {run.steps[-1]}" if run.steps else "none"
    table = html.pairs({"folder": str(run.path), **facts, "checkpoints": steps})
    return html.heading("Run", run.name) + _verdict(run.beside) + table + curve(run.metrics)


def _verdict(folder: Path) -> str:
    """The sentences of the last report; nothing where there is none."""
    try:
        sentences = json.loads((folder / "report" / "summary.json").read_text())["verdict"]
        return "".join(f"<p>{escape(str(sentence['text']))}</p>" for sentence in sentences)
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def curve(metrics: pd.DataFrame) -> str:
    """The recorded accuracy of train and test rows over the steps, else the loss; nothing where less than two readings were recorded."""
    for quantity in ("accuracy", "loss"):
        each = {split: metrics[metrics["split"] == split].dropna(subset=[quantity]) for split in _COLORS}
        lines = {split: rows for split, rows in each.items() if len(rows) > 1}
        if lines:
            return _svg(quantity, lines)
    return ""


def _svg(quantity: str, lines: dict[str, pd.DataFrame]) -> str:
    every = pd.concat(lines.values())
    width, top = max(float(every["step"].max()), 1.0), max(float(every[quantity].max()), 1e-12)
    drawn = "".join(
        f"<polyline fill='none' stroke='{_COLORS[split]}' stroke-width='1.5' points='{_points(rows, quantity, width, top)}'/>"
        for split, rows in lines.items()
    )
    names = ", ".join(f"<span style='color:{_COLORS[split]}'>{escape(split)}</span>" for split in lines)
    frame = f"<svg width='{_WIDTH}' height='{_HEIGHT}' viewBox='0 0 {_WIDTH} {_HEIGHT}'>{drawn}</svg>"
    return f"<div>{frame}<br><small>{escape(quantity)}, {names}; 0 to {html.show(top)} over {html.show(width)} steps</small></div>"


def _points(rows: pd.DataFrame, quantity: str, width: float, top: float) -> str:
    thinned = rows.iloc[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _WIDTH)).astype(int))]
    x = thinned["step"] / width * _WIDTH
    y = _HEIGHT - 2 - thinned[quantity] / top * (_HEIGHT - 4)
    return " ".join(f"{one:.1f},{other:.1f}" for one, other in zip(x, y, strict=True))


def _in_words(part: object) -> str:
    """The kind of a part, and its short values."""
    if not isinstance(part, dict):
        return str(part)
    values = [f"{key} {html.show(value)}" for key, value in part.items() if key != "kind" and _is_short(value)]
    return ", ".join([str(part.get("kind")), *values])


def _is_short(value: object) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool) and len(str(value)) < 40
