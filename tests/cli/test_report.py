"""mechgrok report."""

from __future__ import annotations

from pathlib import Path

import pytest


def test_it_renders_stored_results_again_and_computes_nothing(runs: Path, call) -> None:
    assert call("analyze", runs / "a", "gini", "--nulls", 0)[0] == 0
    page = runs / "a" / "report" / "index.html"
    before = page.read_bytes()
    page.unlink()
    status, out, err = call("report", runs / "a")
    assert (status, err) == (0, "")
    assert out.rstrip().endswith(f"report: {page}")
    assert page.read_bytes() == before


@pytest.mark.parametrize(("words", "message"), [([], "no stored results"), (["gini"], "there is no folder gini")])
def test_wrong_input_is_one_line(runs: Path, call, words: list[str], message: str) -> None:
    status, _, err = call("report", runs / "a", *words)
    assert status == 2
    assert message in err
    assert err.count("\n") == 1
