"""The tables of docs/papers/: published numbers beside ours, and figures of trials that exist."""

from __future__ import annotations

import papers
import pytest

from mechgrok.analysis import analysis
from mechgrok.engine import registry
from mechgrok.studies.page import Line


def test_a_claim_has_the_published_number_ours_and_that_of_its_control() -> None:
    line = Line("Logits are sums of cosines", "section 4.2: 95 %", "reproduced", "above 0.9", "", ("0.96", "0.94"), "", ("0.02", "0.01"))
    _, _, row = papers.claims([line]).splitlines()
    assert row == "| Logits are sums of cosines | section 4.2: 95 % | above 0.9 | 0.96, 0.94 | 0.02, 0.01 | reproduced |"


def test_verdicts_are_counted_the_most_frequent_first() -> None:
    verdicts = ["does not hold", "reproduced", "reproduced"]
    assert papers.counted(verdicts) == "3 claims: reproduced 2, does not hold 1."


@pytest.mark.parametrize("name", papers.FIGURES)
def test_figures_name_trials_and_measures_that_there_are(name: str) -> None:
    study = analysis(name).study
    assert study is not None
    for trial, measures in papers.FIGURES[name].values():
        assert study.trial(trial)
        assert all(registry.parse(measure.removesuffix(":a").removesuffix(":b")) for measure in measures)


def test_every_page_is_of_a_study_and_in_the_table_of_contents_of_the_site() -> None:
    contents = (papers.FOLDER.parent / "site.yml").read_text()
    for page in papers.FOLDER.glob("*.md"):
        assert analysis(page.stem).study is not None
        assert f"docs/papers/{page.name}" in contents
        assert papers.MARK in page.read_text()
