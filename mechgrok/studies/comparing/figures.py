"""Figures of a comparison: curves, times, key frequencies, and numbers of measures at the last checkpoint or over the checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.maths.statistics.censored import Times, median
from mechgrok.maths.statistics.order_statistics import median_of
from mechgrok.plots.ensembles import Ensemble
from mechgrok.plots.primitives import ensembles, panels, scatter, spreads
from mechgrok.plots.spreads import Spread
from mechgrok.plots.theme import HEIGHT, MARGIN
from mechgrok.report.curves import Curve
from mechgrok.studies.comparing.aligned import aligned
from mechgrok.studies.comparing.frame import TIMES, Stored
from mechgrok.studies.comparing.groups import Groups, times_of
from mechgrok.studies.comparing.headlines import MOST, by_key

WIDE = 10
"""Numbers whose largest is this many times the smallest are drawn on a logarithmic axis."""
COLUMNS = 2
"""Panels beside each other."""
NAMED = 40
"""More runs than this have no names on an axis."""
PIXELS, TALLEST = 18, 720
"""Of a row of a run, and of all of them."""


def curves(groups: Groups) -> go.Figure | None:
    """Loss and accuracy on test and train rows; None where nothing was recorded."""
    figures = {f"{split} {name}": _curves(groups, split, name) for name in ("accuracy", "loss") for split in ("test", "train")}
    drawn = {title: figure for title, figure in figures.items() if figure is not None}
    return panels(list(drawn.values()), titles=list(drawn), columns=COLUMNS) if drawn else None


def _curves(groups: Groups, split: str, name: str) -> go.Figure | None:
    found = {group: [_reading(run.curves[split], name) for run in runs if split in run.curves] for group, runs in groups.items()}
    lines = _ensembles({group: [each for each in curves if len(each[0])] for group, curves in found.items()})
    title = "accuracy" if name == "accuracy" else "cross-entropy (nats)"
    return ensembles(lines, log_x=True, log_y=name == "loss", y_title=title) if lines else None


def _reading(curve: Curve, name: str) -> tuple[np.ndarray, np.ndarray]:
    values = getattr(curve, name)
    known = np.isfinite(values)
    return curve.step[known], values[known]


def _ensembles(found: Mapping[str, Sequence[tuple[np.ndarray, np.ndarray]]]) -> dict[str, Ensemble]:
    count = sum(map(len, found.values()))
    return {group: aligned(curves, count) for group, curves in found.items() if curves}


def times(groups: Groups) -> go.Figure | None:
    """Steps to memorise and to generalise; None where no accuracy was recorded."""
    found = {name: {group: times_of(runs, split) for group, runs in groups.items()} for name, split in TIMES.items()}
    known = {name: {group: each for group, each in by_group.items() if len(each.at)} for name, by_group in found.items()}
    every = np.concatenate([each.at for by_group in known.values() for each in by_group.values()] or [np.empty(0)])
    if not len(every):
        return None
    drawn = {name: {group: _spread(each) for group, each in by_group.items()} for name, by_group in known.items() if by_group}
    return spreads(drawn, log_x=bool(every.max() > WIDE * max(1, every.min())), x_title="step")


def _spread(times: Times) -> Spread:
    found = median(times)
    return Spread(times.at.tolist(), (~times.reached).tolist(), found.value, found.low, found.high)


def key_frequencies(groups: Groups, stored: Stored) -> go.Figure | None:
    """The key frequencies of each run, a row for each; None where none are stored."""
    rows = [
        {"run": run.name, "group": group, "frequency": frequency}
        for group, runs in groups.items()
        for run in runs
        for frequency in _keys(stored, run.name)
    ]
    if not rows:
        return None
    figure = scatter(pd.DataFrame(rows), x="frequency", y="run", color="group", x_title="key frequency k")
    return _as_rows(figure, len({row["run"] for row in rows}))


def _as_rows(figure: go.Figure, count: int) -> go.Figure:
    """The figure with a row for each run, the first on top; hundreds of runs have low rows without names."""
    few = count <= NAMED
    named: dict[str, Any] = (
        {"dtick": 1, "title": {"text": ""}} if few else {"showticklabels": False, "ticks": "", "title": {"text": "runs"}}
    )
    if not few:
        figure.update_traces(marker={"size": 3})
    plot = HEIGHT - MARGIN["t"] - MARGIN["b"]
    extra = max(0, min(PIXELS * count, TALLEST) - plot)
    below = {"legend": {"y": -MARGIN["b"] / (plot + extra)}} if figure.layout.legend.y else {}
    return figure.update_yaxes(autorange="reversed", **named).update_layout(height=figure.layout.height + extra, **below)


def _keys(stored: Stored, run: str) -> Sequence[int]:
    found = stored[run].get("key-frequencies")
    return found.numbers.get("frequencies") or () if found else ()


def numbers(groups: Groups, stored: Stored, label: str) -> go.Figure | None:
    """The single numbers of a measure at the last checkpoint; None where none are stored."""
    found = by_key(stored, label)
    figures = [_numbers(groups, values, named=place % COLUMNS == 0) for place, values in enumerate(found.values())]
    return panels(figures, titles=list(found), columns=COLUMNS) if figures else None


def _numbers(groups: Groups, values: Mapping[str, float], *, named: bool) -> go.Figure:
    """A row for each group, also for one without values, so that the rows of all panels are the same; only some have names."""
    known = {group: [values[run.name] for run in runs if run.name in values] for group, runs in groups.items()}
    middles = {group: median_of(each) for group, each in known.items()}
    found = {
        group: Spread(each, [False] * len(each), middles[group].value, middles[group].low, middles[group].high)
        for group, each in known.items()
    }
    wide = min(values.values()) > 0 and max(values.values()) > WIDE * min(values.values())
    return spreads({"": found}, log_x=wide, x_title="").update_yaxes(showticklabels=named)


def over_steps(groups: Groups, tables: Mapping[str, pd.DataFrame]) -> go.Figure | None:
    """The single numbers of a measure over the checkpoints, from a table for each run; None where none are stored."""
    keys = dict.fromkeys(str(key) for table in tables.values() for key in table)
    figures = dict(_over_steps(groups, tables, list(keys)[:MOST]))
    return panels(list(figures.values()), titles=list(figures), columns=COLUMNS) if figures else None


def _over_steps(groups: Groups, tables: Mapping[str, pd.DataFrame], keys: Sequence[str]) -> Iterator[tuple[str, go.Figure]]:
    for key in keys:
        known = {group: [tables[run.name][key].dropna() for run in runs if key in tables[run.name]] for group, runs in groups.items()}
        pairs = {group: [(each.index.to_numpy(), each.to_numpy(float)) for each in found if len(each)] for group, found in known.items()}
        lines = _ensembles(pairs)
        if lines:
            yield key, ensembles(lines, log_x=True, y_title="")
