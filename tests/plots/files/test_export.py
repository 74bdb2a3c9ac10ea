"""Figures to files, with a browser, with a bad browser and without one."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import Image

from mechgrok.errors import UserError
from mechgrok.plots.animation import animate
from mechgrok.plots.files.browser import find_browser
from mechgrok.plots.files.export import write, write_all
from mechgrok.plots.primitives import curves, heatmap, panels

FIGURE = curves(pd.DataFrame({"step": [0, 1, 10], "loss": [4.0, 2.0, 0.1]}), x="step", y="loss", log_x=True, title="Loss ‖W‖² (ω = 2π/p)")


@pytest.fixture
def browser() -> Path:
    found = find_browser()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no browser, though CI=true")
        pytest.skip("no Chromium or Chrome here; set BROWSER_PATH")
    return found


@pytest.fixture
def fake_browser(tmp_path, monkeypatch):
    """A program under BROWSER_PATH that notes its process ids and runs the given shell lines."""

    def install(lines: str) -> Path:
        program, pids = tmp_path / "fake-browser", tmp_path / "pids"
        program.write_text(f"#!/bin/sh\necho $$ >> {pids}\n{lines.format(pids=pids)}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("BROWSER_PATH", str(program))
        return pids

    return install


def _living(pids: Path) -> list[str]:
    states = subprocess.run(["ps", "-o", "stat=", "-p", ",".join(pids.read_text().split())], capture_output=True, text=True, check=False)
    return [state for state in states.stdout.split() if not state.startswith("Z")]


def _leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


@pytest.mark.long
def test_every_drawn_format_in_one_session(browser, tmp_path):
    paths = {kind: tmp_path / "new" / "folder" / f"loss.{kind}" for kind in ("pdf", "svg", "png")}
    write_all(dict.fromkeys(paths.values(), FIGURE))
    assert paths["pdf"].read_bytes().startswith(b"%PDF")
    assert b"/FontFile2" in paths["pdf"].read_bytes(), "no font is embedded"
    assert paths["png"].read_bytes().startswith(b"\x89PNG")
    svg = paths["svg"].read_text()
    assert svg.startswith("<svg")
    assert "‖W‖² (ω = 2π/p)" in svg
    assert "MathJax" not in svg
    assert set(re.findall(r"https?://[^\"' <]+", svg)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert _leftovers(tmp_path / "new" / "folder") == ["loss.pdf", "loss.png", "loss.svg"]


@pytest.mark.long
def test_an_svg_has_the_same_bytes_each_time(browser, tmp_path):
    both = panels([FIGURE, heatmap(np.arange(9.0).reshape(3, 3), value_title="weight")], titles=["Loss", "Weights"])
    write(both, tmp_path / "a.svg")
    write_all({tmp_path / "0.svg": FIGURE, tmp_path / "b.svg": both})
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    ids = [set(re.findall(r'\bid="([^"]+)"', (tmp_path / name).read_text())) for name in ("0.svg", "b.svg")]
    assert ids[0]
    assert ids[0].isdisjoint(ids[1]), "two figures of one page would share ids"
    used = set(re.findall(r"url\(['&quot;]*#([\w-]+)", (tmp_path / "b.svg").read_text()))
    assert used <= ids[1]


@pytest.mark.long
def test_png_has_the_figures_size_threefold(browser, tmp_path):
    write(FIGURE, tmp_path / "a.png")
    header = (tmp_path / "a.png").read_bytes()[16:24]
    assert (int.from_bytes(header[:4]), int.from_bytes(header[4:])) == (3 * FIGURE.layout.width, 3 * FIGURE.layout.height)


@pytest.mark.long
def test_a_gif_has_a_picture_for_each_frame(browser, tmp_path):
    over = curves(pd.DataFrame({"step": [0, 1, 10], "loss": [4.0, 2.0, 0.1]}), x="step", y="loss", x_title="step")
    write(animate(over, [0, 1, 10], []), tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as found:
        assert found.n_frames == 3
        assert found.size == (2 * over.layout.width, 2 * over.layout.height)
    assert _leftovers(tmp_path) == ["a.gif"]


@pytest.mark.long
def test_a_picture_too_large_to_draw_is_not_written_empty(browser, tmp_path):
    with pytest.raises(UserError, match=r"did not draw .*a\.png"):
        write(go.Figure(layout={"width": 60000, "height": 60000}), tmp_path / "a.png")
    assert _leftovers(tmp_path) == []


def test_html_holds_plotly_and_fetches_nothing(tmp_path):
    write(FIGURE, tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text()
    assert "plotly.js v" in page
    assert not re.search(r"<script[^>]+src=", page)
    assert not re.search(r"<link[^>]+href=", page)
    assert "Content-Security-Policy" in page.split("<script")[0]
    assert "cdn.plot.ly" not in page.split("plotly.js v")[0]


def test_json_can_be_redrawn(tmp_path):
    write(FIGURE, tmp_path / "a.json")
    assert go.Figure(json.loads((tmp_path / "a.json").read_text())) == FIGURE


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.PDF"])
def test_other_formats_are_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(UserError, match=r"\.pdf, \.svg, \.png, \.gif, \.html, \.json"):
        write_all({tmp_path / "good.json": FIGURE, tmp_path / name: FIGURE})
    assert _leftovers(tmp_path) == []


@pytest.mark.long
def test_a_hanging_browser_is_given_up_and_leaves_nothing(tmp_path, fake_browser):
    pids = fake_browser("sleep 100000 & echo $! >> {pids}; wait")
    out = tmp_path / "out"
    out.mkdir()
    (out / "old.pdf").write_text("the old one")
    begun = time.monotonic()
    with pytest.raises(UserError, match=r"8 s.*html"):
        write(FIGURE, out / "old.pdf", timeout=8)
    assert time.monotonic() - begun < 60
    assert len(pids.read_text().split()) == 2, "the fake browser was not started in time"
    assert _living(pids) == []
    assert _leftovers(out) == ["old.pdf"]
    assert (out / "old.pdf").read_text() == "the old one"


def test_a_browser_that_dies_is_told_with_the_way_out(tmp_path, fake_browser):
    fake_browser("exit 3")
    with pytest.raises(UserError, match=r"did not draw .*a\.pdf.*BROWSER_PATH"):
        write(FIGURE, tmp_path / "a.pdf", timeout=60)
    assert not (tmp_path / "a.pdf").exists()


@pytest.mark.long
def test_a_figure_that_wants_the_network_gets_none_and_does_not_cost_the_others(browser, tmp_path):
    fetching = go.Figure(go.Choropleth(locations=["FRA"], z=[1.0]))  # its coastlines lie on a server
    figures = {tmp_path / "a.svg": FIGURE, tmp_path / "b.svg": fetching, tmp_path / "c.svg": FIGURE}
    with pytest.raises(UserError, match=r"did not draw [^,]*b\.svg: "):
        write_all(figures, timeout=60)
    assert _leftovers(tmp_path) == ["a.svg", "c.svg"]


def test_without_a_browser_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_browser() is None
    with pytest.raises(UserError, match=r"apt-get install chromium.*BROWSER_PATH"):
        write(FIGURE, tmp_path / "a.pdf")
    write(FIGURE, tmp_path / "a.html")
    assert _leftovers(tmp_path) == ["a.html"]


def test_a_wrong_browser_path_is_named_and_not_passed_over(tmp_path, monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "absent"))
    assert find_browser() is None
    with pytest.raises(UserError, match="absent"):
        write(FIGURE, tmp_path / "a.png")


def test_browsers_are_looked_for_in_order(tmp_path, monkeypatch):
    for name in ("google-chrome", "chromium-browser", "mine"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    assert find_browser() == tmp_path / "chromium-browser"
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "mine"))
    assert find_browser() == tmp_path / "mine"


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot (write|be written)"):
        write(FIGURE, tmp_path / "file" / "a.json")
