"""The page in a real browser without a network."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_runs import make_run
from own_measure import REPORTED, Mine

from mechgrok.engine.analyze import analyze
from mechgrok.report.index import write_index
from mechgrok.report.writing import write_report
from mechgrok.runs.run import Run, open_run

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not Path(CHROMIUM).exists() and not os.environ.get("CI"):
        pytest.skip("no chromium; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """One page, and everything that it asked for or complained about."""

    def __init__(self, browser: Any, path: Path, width: int = 1200) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = browser.new_context(offline=True, viewport={"width": width, "height": 900}).new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri())
        self.page.wait_for_load_state("load")
        self.url = path.as_uri()

    def scroll_through(self) -> None:
        """Brings each figure into view, and waits until it is drawn."""
        for figure in self.page.locator("figure:has(.frame)").all():
            figure.scroll_into_view_if_needed()
            figure.locator("svg.main-svg").first.wait_for()

    def count(self, selector: str) -> int:
        return self.page.locator(selector).count()


@pytest.mark.long
def test_every_figure_is_drawn_and_nothing_is_asked_for(browser: Any, run: Run) -> None:
    visit = Visit(browser, run.path / "report" / "index.html")
    figures = len(REPORTED)
    assert visit.count(".plot") == figures
    visit.scroll_through()
    assert visit.page.locator(".plot:has(svg.main-svg .xy)").count() == figures
    assert visit.complaints == []
    assert visit.requests == [visit.url]


@pytest.mark.long
def test_the_first_picture_is_there_before_any_script_runs(browser: Any, tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "small", p=7))
    page = write_report(run, analyze(run, ["loss"], nulls=0)).page
    without = browser.new_context(offline=True, java_script_enabled=False).new_page()
    without.goto(page.as_uri())
    assert without.locator(".still").bounding_box()["height"] > 200
    visit = Visit(browser, page)
    visit.scroll_through()
    assert visit.count(".still") == 0
    assert visit.complaints == []


@pytest.mark.parametrize("width", [380, 800, 1600])
@pytest.mark.long
def test_it_fits_its_window(browser: Any, run: Run, width: int) -> None:
    page = Visit(browser, run.path / "report" / "index.html", width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for figure in page.locator("figure").all():
        box = figure.bounding_box()
        assert 0 < box["width"] <= width - box["x"]


@pytest.mark.long
def test_on_paper_every_figure_is_drawn_in_light_colours(browser: Any, run: Run) -> None:
    page = browser.new_context(offline=True, color_scheme="dark").new_page()
    page.goto((run.path / "report" / "index.html").as_uri())
    page.locator("svg.main-svg").first.wait_for()
    assert page.locator(".plot:has(svg.main-svg)").count() < len(REPORTED)
    shades = "() => [...document.querySelectorAll('.main-svg')].map((each) => each.style.background).filter(Boolean)"
    assert set(page.evaluate(shades)) == {"rgb(21, 23, 26)"}
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".plot:has(svg.main-svg)").count() == len(REPORTED)
    assert set(page.evaluate(shades)) == {"white"}


@pytest.mark.long
def test_on_paper_a_small_article_is_as_wide_as_its_figure(browser: Any, run: Run) -> None:
    page = browser.new_context(offline=True, viewport={"width": 703, "height": 1000}).new_page()
    page.goto((run.path / "report" / "index.html").as_uri())
    page.emulate_media(media="print")
    widths = [[each.bounding_box()["width"] for each in (article, article.locator("figure"))] for article in small_articles(page)]
    assert len(widths) > 1
    assert all(whole == pytest.approx(figure, abs=1) for whole, figure in widths)


def small_articles(page: Any) -> list[Any]:
    """Those in a gallery whose figure has no row of its own."""
    found: list[Any] = page.locator(".gallery > article:has(figure:not(.broad))").all()
    return found


@pytest.mark.long
def test_a_figure_and_its_data_are_saved(browser: Any, run: Run) -> None:
    visit = Visit(browser, run.path / "report" / "index.html")
    article = visit.page.locator("article:has(#measure-weight-2d-norms)")
    article.locator("summary").click()
    with visit.page.expect_download() as table:
        article.get_by_text("Save data as CSV").click()
    rows = list(csv.reader(table.value.path().read_text().splitlines()))
    assert table.value.suggested_filename == "weight-norms.csv"
    assert rows[0] == ["series", "x", "y", "value"]
    assert {row[0] for row in rows[1:]} >= {"W_E", "W_U"}
    with visit.page.expect_download() as picture:
        article.get_by_text("Save as SVG").click()
    assert picture.value.path().read_text().startswith("<svg")
    assert visit.complaints == []


@pytest.mark.long
def test_the_slider_shows_other_checkpoints(browser: Any, run: Run) -> None:
    from playwright.sync_api import expect

    visit = Visit(browser, run.path / "report" / "index.html")
    page, figure = visit.page, visit.page.locator("article:has(#measure-logit-2d-cosines) figure")
    heights = "(figure) => Array.from(figure.querySelector('.plot')._fullData[0].y, (each) => +each.toPrecision(4))"
    frames = json.loads(figure.locator("script.frames").text_content())
    figure.scroll_into_view_if_needed()
    figure.locator("svg.main-svg").first.wait_for()
    assert figure.evaluate(heights) == frames["traces"][-1][0]["y"]
    page.locator("#checkpoint").press("Home")
    assert page.locator("output").text_content() == "step 0"
    assert figure.evaluate(heights) == frames["traces"][0][0]["y"] != frames["traces"][-1][0]["y"]
    assert figure.get_by_text("Step 0").count() == 1
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_text("Play", timeout=20_000)
    assert figure.evaluate(heights) == frames["traces"][-1][0]["y"]
    assert visit.complaints == []


@pytest.mark.long
def test_a_link_leads_to_a_figure_at_a_step(browser: Any, run: Run) -> None:
    page = browser.new_context(offline=True, viewport={"width": 1200, "height": 700}).new_page()
    page.goto((run.path / "report" / "index.html").as_uri() + "#measure-logit-2d-cosines&step=10")
    figure = page.locator("article:has(#measure-logit-2d-cosines) figure")
    figure.get_by_text("Step 10").wait_for()
    assert 0 <= page.locator("#measure-logit-2d-cosines").bounding_box()["y"] < 700


@pytest.mark.long
def test_names_are_shown_and_not_run(browser: Any, tmp_path: Path) -> None:
    parameter = "<a href='javascript:alert(1)'>W</a><b>x</b>"
    folder = make_run(tmp_path / "<script>alert(1)<_script>", extra={parameter: np.full((9, 9), 50, dtype=np.float32)})
    run = open_run(folder)
    visit = Visit(browser, write_report(run, analyze(run, ["weight-norms", Mine()], nulls=0)).page)
    visit.scroll_through()
    assert visit.complaints == []
    legends = visit.page.locator(".legendtext").all_text_contents()
    assert parameter in legends
    assert "<script>alert(1)<_script><b>bold</b>" in legends
    assert visit.page.locator("h1").text_content() == folder.name
    assert visit.count(".plot a") == 0


@pytest.mark.long
def test_the_index_leads_to_the_pages(browser: Any, run: Run) -> None:
    index = run.path.parent / "index.html"
    write_index(index, [write_report(run)], {})
    visit = Visit(browser, index)
    visit.page.click("tbody a")
    visit.page.wait_for_load_state("load")
    assert visit.page.locator("h1").text_content() == "small"
    assert visit.complaints == []


AXE = Path(__file__).parents[1] / "support" / "axe" / "axe.min.js"
"""axe-core 4.14.1 of Deque Systems, Mozilla Public License 2.0."""
SHORT = "(found) => found.violations.map((each) => [each.id, each.impact, each.nodes[0].html])"
AUDIT = f"axe.run(document, {{resultTypes: ['violations']}}).then({SHORT})"


def complaints_of_axe(browser: Any, page: Path, scheme: str, width: int) -> list[list[str]]:
    """What axe-core finds on a page with all figures drawn and all details open."""
    visit = Visit(browser, page, width)
    visit.page.emulate_media(color_scheme=scheme)
    visit.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    visit.scroll_through()
    visit.page.evaluate(AXE.read_text())
    found: list[list[str]] = visit.page.evaluate(AUDIT)
    return found


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
@pytest.mark.long
def test_axe_finds_nothing(browser: Any, run: Run, scheme: str, width: int) -> None:
    assert complaints_of_axe(browser, run.path / "report" / "index.html", scheme, width) == []


@pytest.mark.long
def test_axe_finds_nothing_on_the_index(browser: Any, run: Run) -> None:
    index = run.path.parent / "index.html"
    write_index(index, [write_report(run)], {})
    assert complaints_of_axe(browser, index, "light", 1280) == []


@pytest.mark.long
def test_axe_finds_what_is_wrong(browser: Any, tmp_path: Path) -> None:
    parts = "<h1>Title</h1><img src='x.png'><input><p style='color: #ccc; background: #fff'>Pale words</p>"
    (tmp_path / "bad.html").write_text(f"<!doctype html><title>x</title><main>{parts}</main>")
    found = {each[0] for each in complaints_of_axe(browser, tmp_path / "bad.html", "light", 1280)}
    assert {"html-has-lang", "image-alt", "label", "color-contrast"} <= found
