"""The page of a comparison in a real browser without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from compared_runs import sweep_of

import mechgrok

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
AXE = Path(__file__).parents[2] / "support" / "axe" / "axe.min.js"
SHORT = "(found) => found.violations.map((each) => [each.id, each.impact, each.nodes[0].html])"
MARKS = "() => (document.querySelector('.plot').layout.shapes ?? []).filter((shape) => shape.x0 === 40).length"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Any]:
    """Opens the page of a comparison at a width and a fragment; no request leaves it, and it complains of nothing."""
    if not Path(CHROMIUM).exists() and not os.environ.get("CI"):
        pytest.skip("no chromium; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    sweep_of(tmp_path / "sweep", {0.5: [60, 80, None], 2.0: [None, None, 50]})
    page = mechgrok.compare(tmp_path / "sweep").write(tmp_path / "out")
    noted: list[str] = []

    def opened(width: int = 1200, fragment: str = "", scheme: str = "light") -> Any:
        tab = browser.new_context(offline=True, viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
        tab.on("request", lambda request: noted.append(request.url) if not request.url.startswith(page.as_uri()) else None)
        tab.on("console", lambda message: noted.append(message.text))
        tab.on("pageerror", lambda error: noted.append(str(error)))
        tab.goto(page.as_uri() + fragment)
        for figure in tab.locator("figure:has(.frame)").all():
            figure.scroll_into_view_if_needed()
            figure.locator("svg.main-svg").first.wait_for()
        return tab

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        browser.close()
    assert noted == []


@pytest.mark.long
def test_the_slider_marks_a_step_in_the_curves_and_in_the_address(pages: Any) -> None:
    tab = pages(fragment="#figure-times&step=40")
    assert tab.locator("output").text_content() == "step 40"
    tab.locator("#figure-curves").scroll_into_view_if_needed()
    tab.wait_for_timeout(500)
    assert tab.evaluate(MARKS) == 4
    tab.locator("#checkpoint").press("End")
    assert tab.evaluate(MARKS) == 0
    assert tab.evaluate("location.hash") == "#figure-times&step=100"


@pytest.mark.long
def test_a_figure_is_saved_with_its_data(pages: Any) -> None:
    tab = pages()
    article = tab.locator("article:has(#figure-curves)")
    article.locator("summary").click()
    with tab.expect_download() as picture:
        article.get_by_text("Save as SVG").click()
    assert picture.value.path().read_text().startswith("<svg")
    assert article.locator("pre").text_content().startswith("mechgrok figure ")


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (390, "light")])
@pytest.mark.long
def test_it_fits_and_axe_finds_nothing(pages: Any, width: int, scheme: str) -> None:
    tab = pages(width, scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    tab.evaluate(AXE.read_text())
    assert tab.evaluate(f"axe.run(document, {{resultTypes: ['violations']}}).then({SHORT})") == []
