"""A picture is drawn again where its figure has changed, and only there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pictures
import plotly.graph_objects as go
import pytest
from PIL import Image

VALUES = np.array([0.25, 1e-9, 3.0])


def figure(values: np.ndarray, title: str = "loss", **more: object) -> go.Figure:
    return go.Figure(go.Scatter(x=[0, 10, 20], y=values, **more), {"yaxis": {"title": title}})


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is drawn, with an empty picture instead of what a browser would draw."""
    names: list[str] = []

    def write_all(figures: Mapping[Path, go.Figure]) -> None:
        for place in figures:
            names.append(place.name)
            Image.new("RGB", (4, 4)).save(place)

    monkeypatch.setattr(pictures.export, "write_all", write_all)
    return names


def test_what_shows_the_same_numbers_is_left_as_it_is(drawn: list[str], tmp_path: Path) -> None:
    place = tmp_path / "gini.png"
    assert pictures.update({place: figure(VALUES)}) == [place]
    before = place.read_bytes()
    assert pictures.update({place: figure(VALUES + 1e-8)}) == []
    assert place.read_bytes() == before
    assert pictures.update({place: figure(VALUES + 1e-3), tmp_path / "loss.png": figure(VALUES)}) == [place, tmp_path / "loss.png"]
    assert drawn == ["gini.png", "gini.png", "loss.png"]


def test_a_picture_without_a_digest_is_drawn_again(drawn: list[str], tmp_path: Path) -> None:
    place = tmp_path / "gini.png"
    Image.new("RGB", (4, 4)).save(place)
    assert pictures.stored(place) is None
    pictures.update({place: figure(VALUES)})
    assert pictures.stored(place) == pictures.digest(figure(VALUES))


@pytest.mark.parametrize(
    "other",
    [
        figure(VALUES, "accuracy"),
        figure(VALUES[[1, 0, 2]]),
        figure(-VALUES),
        figure(np.array([0.25, np.nan, 3.0])),
        figure(VALUES, marker={"size": [3, 4, 5]}),
        figure(2 * VALUES),
        figure(VALUES).update_layout(height=300),
    ],
)
def test_whatever_a_figure_shows_counts(other: go.Figure) -> None:
    assert pictures.digest(other) != pictures.digest(figure(VALUES))


def test_arrays_and_lists_count_the_same() -> None:
    assert pictures.digest(figure(VALUES)) == pictures.digest(figure(VALUES.tolist()))
    assert pictures.digest(figure(np.full(3, np.nan))) != pictures.digest(figure(np.zeros(3)))
