"""The page of a study in a real browser without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mechgrok.analysis import Analysis, Claim, Number, Pace, Study, Trial
from mechgrok.config import Config
from mechgrok.studies.page import write_study
from mechgrok.studies.trained import folder
from mechgrok.training import launch
from mechgrok.training.execution import Execution

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
AXE = Path(__file__).parents[1] / "support" / "axe" / "axe.min.js"
SHORT = "(found) => found.violations.map((each) => [each.id, each.impact, each.nodes[0].html])"
MARKS = "(figure) => (figure.querySelector('.plot').layout.shapes ?? []).filter((shape) => shape.x0 === 10).length"
RIGHT = Number("a+b.scratch", "loss", "accuracy_test")
STUDY = Study(
    "Tiny <runs>.",
    (Trial("a+b", "scratch", "train demo --seed {seed}"), Trial("a+b", "wide", "train demo --seed {seed} --model.d_mlp 8")),
    (0, 1),
    (
        Claim("All <b>is</b> right", "nobody", RIGHT, RIGHT.at_first(), low=0.9),
        Claim("sooner", "nobody", Pace("a+b.wide", "a+b.scratch"), Pace("a+b.scratch", "a+b.wide"), high=1.0),
    ),
)


class Unwatched:
    def at(self, step: int) -> None: ...
    def recorded(self, step: int, evaluations: object) -> None: ...


def trained(out: Path) -> None:
    """All runs of the study, of 20 steps each."""
    for trial, seed, neurons in ((trial, seed, 4 * place) for place, trial in enumerate(STUDY.trials, 1) for seed in STUDY.seeds):
        config = {
            "task": {"kind": "modular", "p": 7},
            "split": {"kind": "python-shuffle", "fraction": 0.5, "seed": seed},
            "model": {"kind": "transformer", "d_model": 8, "heads": 1, "d_mlp": neurons},
            "training": {"steps": 20, "evaluate_every": 5},
            "checkpoints": {"every": 10, "log_spaced": 0},
        }
        launch.resume(launch.begin(Config.model_validate(config), folder(out, trial, seed), Execution("cpu", 1)), Unwatched())


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not Path(CHROMIUM).exists() and not os.environ.get("CI"):
        pytest.skip("no chromium; apt-get install chromium")
    out = tmp_path_factory.mktemp("study")
    trained(out)
    return write_study(Analysis("small", "A <i>small</i> study", "nobody", "Text & more.", (), study=STUDY), out)


@pytest.fixture
def pages(page: Path) -> Iterator[Any]:
    """Opens the page at a width and a fragment; no request leaves it, and it complains of nothing."""
    from playwright.sync_api import sync_playwright

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
def test_the_slider_marks_a_step_in_every_curve_and_in_the_address(pages: Any) -> None:
    tab = pages(fragment="#figure-1-of-over-training&step=10")
    assert tab.locator("output").text_content() == "step 10"
    figures = [tab.locator(f"article:has(#figure-1-of-{name}) figure") for name in ("over-training", "test-accuracy")]
    for figure in figures:
        figure.scroll_into_view_if_needed()
        tab.wait_for_timeout(500)
        assert figure.evaluate(MARKS) == 1
    tab.locator("#checkpoint").press("End")
    assert tab.evaluate("location.hash") == "#figure-1-of-over-training&step=20"


@pytest.mark.long
def test_every_link_leads_to_a_place_of_the_page(pages: Any) -> None:
    tab = pages()
    targets = tab.evaluate("() => [...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href'))")
    assert {target[0] for target in targets} == {"#"}
    assert [target for target in targets if tab.locator(f"[id='{target[1:]}']").count() != 1] == []
    tab.locator("a[href='#figure-1-of-test-accuracy']").click()
    assert 0 <= tab.locator("#figure-1-of-test-accuracy").bounding_box()["y"] < 900


@pytest.mark.long
def test_names_are_shown_and_figures_are_saved_with_their_data(pages: Any) -> None:
    tab = pages()
    assert tab.locator("h1").text_content() == "A <i>small</i> study"
    assert tab.get_by_text("All <b>is</b> right").count() == 1
    article = tab.locator("article:has(#figure-1-of-test-accuracy)")
    article.locator("summary").click()
    with tab.expect_download() as table:
        article.get_by_text("Save data as CSV").click()
    assert table.value.path().read_text().startswith("series,x,y,value")
    assert article.locator("pre").text_content().startswith("mechgrok study report small --out ")


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (390, "light")])
@pytest.mark.long
def test_it_fits_and_axe_finds_nothing(pages: Any, width: int, scheme: str) -> None:
    tab = pages(width, scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    tab.evaluate(AXE.read_text())
    assert tab.evaluate(f"axe.run(document, {{resultTypes: ['violations']}}).then({SHORT})") == []
