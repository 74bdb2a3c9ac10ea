"""The page: self-contained, escaped, and the same from stored results."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_runs import make_run
from own_measure import REPORTED, Mine
from plotly.offline import get_plotlyjs_version

from mechgrok.analysis import DEFAULT, analysis
from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.measures.families import QUESTIONS
from mechgrok.report.entries import of_result
from mechgrok.report.figures.scripts import library
from mechgrok.report.highlights import highlights
from mechgrok.report.page import _breakable, _deviations, render
from mechgrok.report.summary import summarise
from mechgrok.report.writing import write_report
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.modular import Modular

VOID = {"meta", "link", "br", "wbr", "img", "hr", "input"}


class Page(HTMLParser):
    """What a page consists of, without what lies in its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.scripts: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif not self.open or self.open[-1] != "style":
            self.words += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def text(run: Run) -> str:
    return (run.path / "report" / "index.html").read_text()


@pytest.fixture
def page(text: str) -> Page:
    return Page(text)


def test_plotly_is_in_it_once(text: str) -> None:
    assert text.count(library()) == 1


def test_the_library_is_that_of_the_installed_plotly() -> None:
    assert f"plotly.js (cartesian - minified) v{get_plotlyjs_version()}" in library()[:200]


def test_it_loads_nothing(page: Page) -> None:
    loading = {"src", "srcset", "data", "action", "poster", "background"}
    assert not [tag for tag, attributes in page.tags if loading & set(attributes)]
    assert not page.named("link")
    assert not page.named("iframe")
    assert all(str(link["href"]).startswith("#") for link in page.named("a"))


def test_a_policy_forbids_the_network(page: Page) -> None:
    (policy,) = [meta["content"] for meta in page.named("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_every_measure_has_one_figure(page: Page) -> None:
    plots = [attributes for attributes in page.named("div") if attributes.get("class") == "plot"]
    assert len(plots) == len(REPORTED)
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in plots)


def test_tags_are_closed_and_ids_are_unique(page: Page) -> None:
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {str(link["href"])[1:] for link in page.named("a")}
    assert targets <= set(ids)


def test_it_can_be_read_aloud(page: Page) -> None:
    assert page.named("html") == [{"lang": "en"}]
    assert len(page.named("h1")) == 1
    assert len(page.named("caption")) == len(page.named("table"))
    assert all(attributes.get("scope") for attributes in page.named("th"))


def test_names_are_divided_after_underscores_and_escaped() -> None:
    assert str(_breakable("accuracy_test")) == "accuracy_<wbr>test"
    assert [str(_breakable(name)) for name in ("all", "train", "tests")] == ["all rows", "train rows", "tests"]
    assert str(_breakable("<b>_x")) == "&lt;b&gt;_<wbr>x"


def test_panels_come_in_the_order_of_the_analysis(text: str) -> None:
    titles = re.findall(r'<h2 id="panel-\d+">(.*?)</h2>', text)
    assert titles == [panel.title for panel in analysis(DEFAULT).panels if set(panel.measures) & set(REPORTED)]
    assert len(titles) > 3


def test_the_table_at_the_top_has_the_first_numbers_and_the_whole_one_comes_last(run: Run, text: str) -> None:
    first, whole = [table for table in re.findall(r"<table>.*?</table>", text, re.DOTALL) if "rowgroup" in table]
    summary = json.loads((run.path / "report" / "summary.json").read_text())
    at_top = list(dict.fromkeys(label for label, _ in highlights(summary)))
    assert re.findall(r'rowgroup"[^>]*><a [^>]*>([^<]+)<', first) == at_top
    assert set(re.findall(r'rowgroup"[^>]*><a [^>]*>([^<]+)<', whole)) == set(REPORTED)
    assert text.index(first) < text.index('id="panel-1"') < text.rindex(whole)


def test_the_columns_of_the_null_are_there_where_one_was_drawn(text: str, tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run"))
    without = write_report(run, analyze(run, ["loss"], nulls=0)).page.read_text()
    heads = re.compile(r'<th scope="col"[^>]*>(.*?)</th>')
    assert set(heads.findall(without)) == {"measure", "number", "value"}
    assert any("null" in head for head in heads.findall(text))


@pytest.mark.parametrize(("z", "shown"), [(3.234, "3.23"), (-999.0, "\u2212999"), (12345.0, "> 1000"), (-2e9, "< \u22121000")])
def test_beyond_a_thousand_deviations_the_number_tells_nothing(z: float, shown: str) -> None:
    assert _deviations(z) == shown


def test_variants_come_in_a_panel_of_their_own(run: Run) -> None:
    text = write_report(run, analyze(run, ["restricted-loss(keys=1,2)"], nulls=0)).page.read_text()
    further = text[text.index("Further measures: Does it need what it was found to use?</h2>") :]
    assert ">restricted-loss(keys=1,2)</a>" in further
    assert "Key frequencies: 1, 2." in further
    assert len(re.findall(r'class="label"[^>]*>restricted-loss\(keys=1,2\)</a>', text)) == 1


@pytest.mark.long
def test_measures_outside_the_panels_come_by_family(run: Run) -> None:
    outcomes = analyze(run, ["trig-share", "task-loss", "gini(basis=additive)", "commutativity", Mine()], nulls=0)
    text = write_report(run, outcomes).page.read_text()
    further = re.findall(r"Further measures: (.*?)</h2>", text)
    found = re.findall(r'<a class="label"[^>]*>(.*?)</a>', text[text.index(f"Further measures: {further[0]}</h2>") :])
    assert further == [QUESTIONS[name] for name in ("grokking", "frequencies", "neurons", "other")]
    assert found == ["task-loss", "gini(basis=additive)", "commutativity", "trig-share", "mine"]


@pytest.mark.long
def test_it_names_variant_reference_and_missing_numbers(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "unknown", train=None))
    text = write_report(run, analyze(run, nulls=0)).page.read_text()
    assert "arXiv 2301.05217" in text
    assert "those of the last checkpoint" in text
    assert "the train split of this run is unknown" in text


def test_rows_that_a_basis_leaves_out_are_counted(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", task=Modular(p=5, operation="multiply")))
    report = write_report(run, analyze(run, ["logit-cosines", "loss"], nulls=0))
    words = Page(report.page.read_text()).words
    assert words.count("Here: the 16 of 25 rows whose operands have a logarithm, and the 4 classes that have one, without 0.") == 1


def test_a_failure_shows_its_traceback_folded(run: Run) -> None:
    text = write_report(run, analyze(run, [Mine(breaks_in="compute")], nulls=0)).page.read_text()
    assert "Failed: ZeroDivisionError: made to &lt;fail&gt;" in text
    assert re.search(r'<details><summary>Traceback</summary><pre tabindex="0">Traceback \(most recent call last\)', text)


def test_whatever_has_a_name_is_escaped(tmp_path: Path) -> None:
    name = "<script>alert(1)<_script>"
    parameter = "<img src=x onerror=alert(2)></script><script>alert(3)</script>"
    folder = make_run(tmp_path / name, extra={parameter: np.full((4, 4), 50, dtype=np.float32)})
    (folder / "execution.json").write_text(json.dumps({"note": "</pre><script>alert(4)</script>"}))
    run = open_run(folder)
    report = write_report(run, analyze(run, ["weight-norms", Mine()], nulls=0))
    page = Page(report.page.read_text())
    assert page.open == []
    assert not page.named("img")
    assert not [script for script in page.scripts if script.startswith("alert")]
    assert name in page.words
    assert parameter in page.words
    assert "Mine <b>& yours</b>" in page.words
    assert "<i>not</i> HTML" in page.words
    assert parameter in report.summary["measures"]["weight-norms"]["headline"]["by_parameter"]


@pytest.mark.long
def test_it_is_the_same_from_stored_results_without_torch(run: Run) -> None:
    before = {path.name: path.read_bytes() for path in (run.path / "report").iterdir()}
    for path in (run.path / "report").glob("[is]*"):
        path.unlink()
    code = "import sys; from mechgrok.cli import main; assert main(sys.argv[1:]) == 0; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code, "report", str(run.path)], check=True)
    assert {path.name: path.read_bytes() for path in (run.path / "report").iterdir()} == before


def test_the_largest_figure_stays_small(run: Run) -> None:
    steps, frequencies = range(0, 40_000, 100), range(1, 57)
    rows = [(step, k, 1 / (step + k), k == 3) for step in steps for k in frequencies]
    table = pd.DataFrame(rows, columns=["step", "frequency", "score", "key"])
    entry = of_result(Result(registry.parse("key-frequencies"), table), None)
    summary = summarise(run, {"key-frequencies": entry})
    figure = len(render(summary, {"key-frequencies": entry}, analysis(DEFAULT), again="")) - len(library())
    assert 56 * 400 * 8 < figure < 400_000


def test_a_neuron_and_a_head_stand_large_in_the_circuit_and_with_the_others_in_their_section(run: Run) -> None:
    labels = ["activation-map", "activation-map(site=neurons)"]
    text = write_report(run, analyze(run, labels, nulls=0)).page.read_text()
    circuit, rest = text.split('<nav aria-label="Contents">')
    headings = re.findall(r'<h3 id="closeup-[^"]+">([^<]+)</h3>', circuit)
    assert [re.sub(r"\d+", "N", each) for each in headings] == ["Neuron N: activation", "Head N: attention to a"]
    assert "closeup-" not in rest
    for label in labels:
        assert f'">{label}</a>' in rest
