"""Figures as JSON for the page."""

from __future__ import annotations

import pytest

from mechgrok.plots.theme import HEIGHT, WIDTH, canvas
from mechgrok.report.figures import drawn


def test_a_spec_has_its_size_and_leaves_the_template_to_the_page() -> None:
    spec = drawn.spec(canvas("title"))
    assert spec["size"] == {"width": WIDTH, "height": HEIGHT}
    assert "template" not in spec["layout"]
    assert drawn.template()["layout"]["font"]["size"] == 13


@pytest.mark.parametrize(("width", "paper"), [(300, 0.62), (600, 0.55), (660, 0.62), (1380, 0.5)])
def test_no_figure_is_wider_than_its_place_on_paper(width: int, paper: float) -> None:
    assert drawn.style({"width": width, "height": 200}) == f"--width: {width}px; --height: 200px; --paper: {paper:.3f}"
