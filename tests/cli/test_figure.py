"""mechgrok figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mechgrok.engine import registry
from mechgrok.runs.run import open_run


def test_a_figure_is_drawn_from_stored_results_and_else_computed(runs: Path, call, tmp_path: Path, monkeypatch) -> None:
    out = tmp_path / "figure.json"
    assert call("figure", runs / "a", "gini", "--out", out)[0] == 0
    computed = json.loads(out.read_text())
    monkeypatch.setattr(registry.measures()["gini"], "compute", lambda *_: 1 / 0)
    assert call("figure", runs / "a", "gini", "--out", out)[0] == 0
    assert json.loads(out.read_text()) == computed
    assert len(computed["data"][0]["x"]) == len(open_run(runs / "a").steps) or computed["data"][0]["x"]["bdata"]


def test_the_measure_may_come_first(runs: Path, call, tmp_path: Path) -> None:
    assert call("figure", "loss", runs / "a", "--out", tmp_path / "loss.json")[0] == 0
    assert (tmp_path / "loss.json").is_file()


def test_a_figure_of_other_weights_is_computed_again(runs: Path, call, tmp_path: Path) -> None:
    out = tmp_path / "figure.json"
    call("figure", runs / "a", "gini", "--out", out)
    before = json.loads(out.read_text())
    (runs / "a" / "weights" / "00000000.safetensors").replace(runs / "a" / "weights" / "00000020.safetensors")
    call("figure", runs / "a", "gini", "--out", out)
    assert json.loads(out.read_text())["data"] != before["data"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gini", "--out", "f.gif"], "must end in one of"),
        (["restricted-loss(keys=9)", "--out", "f.json"], "does not apply"),
        (["gimi", "--out", "f.json"], "did you mean gini?"),
    ],
)
def test_wrong_input_is_one_line(runs: Path, call, words: list[str], message: str) -> None:
    status, _, err = call("figure", runs / "a", *words)
    assert status == 2
    assert message in err
    assert err.count("\n") == 1
