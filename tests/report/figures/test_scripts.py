"""Texts of a run that are HTML: a page shows them, and no browser runs them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

import pytest
from made_measures import Made
from made_runs import make_run

from mechgrok.engine.analyze import analyze
from mechgrok.report.figures.scripts import library, policy, script
from mechgrok.report.index import write_index
from mechgrok.report.writing import write_report
from mechgrok.runs.run import open_run

ATTACK = "</title></script><script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"


@dataclass(frozen=True)
class Hostile(Made):
    """A measure whose texts are HTML."""

    name: ClassVar[str] = "hostile"
    title: ClassVar[str] = ATTACK
    reference: ClassVar[str] = f"{ATTACK} 2026"
    columns: ClassVar[Mapping[str, str]] = {"value": ATTACK, "norm": ATTACK}

    def caption(self) -> str:
        return ATTACK


class Executed(HTMLParser):
    """The scripts that a browser would run, and the tags and attributes that only an attack has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.strange: list[str] = []
        self.policies: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self._inside = tag == "script" and given.get("type") not in ("application/json", "text/plain")
        self.strange += [tag] * (tag == "img") + [name for name in given if name.startswith("on")]
        self.policies += [given["content"] or ""] if given.get("http-equiv") == "Content-Security-Policy" else []

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        self.found += [data] if self._inside else []


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The report of a run whose name, config, origin, notes and measure are HTML, and the index over it."""
    folder = tmp_path_factory.mktemp("hostile")
    run = make_run(folder / ATTACK.replace("/", "\N{DIVISION SLASH}"), steps=(0, 10))
    config = json.loads((run / "config.json").read_text())
    config["split"] = {"kind": "file", "path": ATTACK}
    (run / "config.json").write_text(json.dumps(config))
    origin = {"file": ATTACK, "format": ATTACK, "notes": [ATTACK, "<b>bold</b>"]}
    (run / "execution.json").write_text(json.dumps({"imported": origin}))
    report = write_report(open_run(run), analyze(open_run(run), [Hostile(), "loss"], nulls=0))
    write_index(folder / "index.html", [report], {ATTACK: ATTACK})
    return [report.page, folder / "index.html"]


def test_no_script_of_a_run_stands_on_a_page(pages: list[Path]) -> None:
    for page in pages:
        read = Executed(page.read_text())
        assert {each.strip() for each in read.found} <= {each.strip() for each in (library(), script())}
        assert read.strange == []
        assert read.policies == [policy()]
        assert "document.title" in page.read_text()


def test_the_policy_allows_no_network_and_the_scripts_of_the_page_alone(pages: list[Path]) -> None:
    rules = dict(rule.split(" ", 1) for rule in policy().split("; "))
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in (library(), script())]
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["script-src"] == " ".join(f"'sha256-{each}'" for each in hashes)
    assert "http" not in policy()
    assert Executed(pages[0].read_text()).found == [script()], "plotly.js is a text until the first picture is drawn"


@pytest.mark.long
def test_a_browser_draws_the_page_and_runs_no_other_script(pages: list[Path]) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for page in pages:
            complaints, title = visited(browser, page)
            assert complaints == []
            assert title != "run"
        forged = pages[0].with_name("forged.html")
        forged.write_text(pages[0].read_text().replace("<main>", f"<main>{ATTACK}", 1))
        complaints, title = visited(browser, forged)
        assert title != "run", "the policy stops a script that was not escaped"
        assert any("Content Security Policy" in each for each in complaints)
        browser.close()


def visited(browser, page: Path) -> tuple[list[str], str]:
    """What the browser complains of while it draws all figures, and the title of the page."""
    complaints: list[str] = []
    tab = browser.new_context(offline=True).new_page()
    tab.on("console", lambda message: complaints.append(message.text))
    tab.goto(page.as_uri())
    for figure in tab.locator("figure:has(.frame)").all():
        figure.scroll_into_view_if_needed()
        figure.locator("svg.main-svg").first.wait_for()
    return complaints, tab.title()
