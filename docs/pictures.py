"""The figures of the pages of measures, as PNG files. Each file holds a digest of its figure and is kept while the digest stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image, PngImagePlugin

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.plots.files import export
from mechgrok.runs.run import open_run

KEY = "mechgrok:figure"
"""The entry of a PNG that holds the digest."""


def draw(run: Path, names: Iterable[str], folder: Path) -> list[Path]:
    """Draws the measures that apply to a run; gives the files that changed."""
    outcomes = analyze(open_run(run), names, nulls=0)
    figures = {folder / f"{label}.png": outcome.figure() for label, outcome in outcomes.items() if isinstance(outcome, Result)}
    return update(figures)


def update(figures: dict[Path, go.Figure]) -> list[Path]:
    """Draws the figures whose digest is not that of their file; gives these files."""
    changed = {place: figure for place, figure in figures.items() if digest(figure) != stored(place)}
    export.write_all(changed)
    for place, figure in changed.items():
        _finish(place, digest(figure))
    return list(changed)


def stored(place: Path) -> str | None:
    """The digest in a PNG; None where there is no file, or one without it."""
    if not place.is_file():
        return None
    with Image.open(place) as image:
        found: str | None = image.info.get(KEY)
    return found


def digest(figure: go.Figure) -> str:
    """Of everything that a figure shows. Numbers count to five digits of the largest of their array, so that rounding errors do not."""
    content = {"data": [trace.to_plotly_json() for trace in figure.data], "layout": figure.layout.to_plotly_json()}
    return hashlib.sha256(json.dumps(_rounded(content), sort_keys=True).encode()).hexdigest()[:16]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return _rounded_array(value)
    return f"{value:.5g}" if isinstance(value, float | np.floating) else str(value)


def _rounded_array(values: Any) -> list[Any]:
    try:
        numbers = np.array(values, dtype=float)
    except (TypeError, ValueError):
        return [_rounded(each) for each in values]
    largest = float(np.nanmax(np.abs(numbers), initial=0, where=np.isfinite(numbers)))
    steps = np.round(numbers / (largest or 1), 5) + 0.0  # no negative zeros
    return [f"{largest:.4g}", list(numbers.shape), [str(step) for step in steps.ravel().tolist()]]


def _finish(place: Path, digest: str) -> None:
    """Reduces a picture to 256 colours and writes the digest into it."""
    info = PngImagePlugin.PngInfo()
    info.add_text(KEY, digest)
    Image.open(place).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(place, optimize=True, pnginfo=info)
