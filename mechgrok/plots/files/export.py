"""Figures to files: pdf, svg, png and gif with a browser, html and json without one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import plotly.graph_objects as go

from mechgrok.errors import UserError, unwritten
from mechgrok.plots.animation import stills, with_controls
from mechgrok.plots.files.browser import draw
from mechgrok.plots.files.gif import encoded
from mechgrok.plots.files.policy import guarded
from mechgrok.plots.files.print_layout import inches_of
from mechgrok.plots.files.provenance import embedded, text_of
from mechgrok.plots.files.steady_ids import steady
from mechgrok.plots.files.true_size import resized

IMAGES = ("pdf", "svg", "png")
FRAMES = "gif"


def write(figure: go.Figure, path: Path, timeout: float = 60) -> None:
    """Write a figure in the format of the path's suffix, as wide as its `layout.meta` says; missing folders are made.

    html is self-contained, with plotly.js inside; it and gif play the frames of a figure. pdf, svg, png and gif are drawn by a browser
    without network, which is stopped after `timeout` seconds. A file is replaced as a whole, never in part.
    """
    write_all({path: figure}, timeout)


def write_all(figures: Mapping[Path, go.Figure], timeout: float = 60) -> None:
    """Write several figures, with one browser session for all images.

    `timeout` is the longest time in seconds without a finished figure. The finished figures are written before an error about the others is
    raised.
    """
    for path in figures:
        _check(path)
    for path, figure in figures.items():
        if path.suffix[1:] in TEXTS:
            _replace(path, embedded(TEXTS[path.suffix[1:]](figure).encode(), path.suffix[1:], text_of(figure)))
        if path.suffix[1:] == FRAMES:
            _replace(path, _gif(figure, timeout))
    images = {path: figure for path, figure in figures.items() if path.suffix[1:] in IMAGES}
    if images:
        _draw(images, timeout)


def _html(figure: go.Figure) -> str:
    shown = with_controls(figure) if figure.frames else figure
    options = {"auto_play": False, "div_id": "figure", "config": {"displaylogo": False}}
    return guarded(str(shown.to_html(include_plotlyjs=True, include_mathjax=False, **options)))


def _json(figure: go.Figure) -> str:
    return str(figure.to_json())


TEXTS: dict[str, Callable[[go.Figure], str]] = {"html": _html, "json": _json}
KINDS = (*IMAGES, FRAMES, *TEXTS)


def _check(path: Path) -> None:
    if path.suffix[1:] not in KINDS:
        raise UserError(f"cannot write a figure to {path}: its name must end in one of {', '.join('.' + kind for kind in KINDS)}")


def _gif(figure: go.Figure, timeout: float) -> bytes:
    if not figure.frames:
        raise UserError("nothing in this figure changes from checkpoint to checkpoint; write it as pdf, svg or png")
    with tempfile.TemporaryDirectory(prefix="frames-") as name:
        pictures = {Path(name) / f"{index:04d}.png": still for index, still in enumerate(stills(figure))}
        write_all(pictures, timeout)
        return encoded([picture.read_bytes() for picture in pictures], text_of(figure))


def _draw(figures: Mapping[Path, go.Figure], timeout: float) -> None:
    with tempfile.TemporaryDirectory(prefix="figures-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        places = {path: folder / f"{index:04d}{path.suffix}" for index, path in enumerate(figures)}
        for path, place in places.items():
            place.with_name(place.name + ".json").write_text(_json(figures[path]))
        try:
            draw(folder, timeout)
        finally:
            _collect(places, figures)
        _raise_for_missing(places, folder)


def _collect(places: Mapping[Path, Path], figures: Mapping[Path, go.Figure]) -> None:
    for path, place in places.items():
        kind = path.suffix[1:]
        if place.with_name(place.name + ".done").exists() and place.exists():
            image = steady(place.read_bytes()) if kind == "svg" else place.read_bytes()
            _replace(path, embedded(resized(image, kind, inches_of(figures[path])), kind, text_of(figures[path])))


def _raise_for_missing(places: Mapping[Path, Path], folder: Path) -> None:
    missing = {path: place for path, place in places.items() if not place.exists()}
    if not missing:
        return
    errors = [place.with_name(place.name + ".error") for place in missing.values()]
    reasons = [error.read_text() for error in errors if error.exists()] or (folder / "stderr").read_text(errors="replace").splitlines()[-1:]
    names = ", ".join(str(path) for path in missing)
    raise UserError(
        f"the browser did not draw {names}: {' '.join(reasons) or 'it gave no reason'}; set BROWSER_PATH to another browser, or write html"
    )


def _replace(path: Path, content: bytes) -> None:
    """Write to a temporary name and rename, so that the file is never seen in part."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        raise UserError(unwritten(error, path)) from error
    finally:
        with suppress(OSError):
            aside.unlink()
