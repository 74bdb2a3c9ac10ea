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


def drawn(call, runs: Path, out: Path, *words: object) -> dict:
    assert call("figure", runs / "a", *words, "--out", out)[0] == 0
    return json.loads(out.read_text())


def test_a_style_gives_a_width_in_which_panels_stand_in_one_column(runs: Path, call, tmp_path: Path) -> None:
    screen, paper = (drawn(call, runs, tmp_path / "f.json", "loss", "--style", style) for style in ("screen", "paper"))
    assert [note["text"] for note in screen["layout"]["annotations"]] == ["<b>a</b>  Loss", "<b>b</b>  Accuracy"]
    assert [note["text"] for note in paper["layout"]["annotations"]] == ["<b>a</b>", "<b>b</b>"]
    assert paper["layout"]["width"] == 380
    assert paper["layout"]["xaxis"]["domain"] == paper["layout"]["xaxis2"]["domain"] == [0, 1]
    assert screen["layout"]["xaxis"]["domain"] != screen["layout"]["xaxis2"]["domain"]


def test_one_panel_alone(runs: Path, call, tmp_path: Path) -> None:
    found = drawn(call, runs, tmp_path / "f.json", "loss", "--panel", "b")
    assert found["layout"]["title"]["text"] == "Accuracy"
    assert "xaxis2" not in found["layout"]


def test_the_figure_as_it_was_at_a_step(runs: Path, call, tmp_path: Path) -> None:
    found = drawn(call, runs, tmp_path / "f.json", "logit-cosines", "--step", 0)
    assert found["layout"]["title"]["text"] == "Step 0"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["loss", "--panel", "c"], "the figure has no panel c; its panels are a (Loss), b (Accuracy)"),
        (["gini", "--step", "3"], "has no checkpoint at step 3; the nearest is 0"),
        (["grok-times", "--step", "0"], "a measure of the whole run"),
        (["gini", "--width", "3"], "give a number and a unit"),
    ],
)
def test_what_a_figure_cannot_show_is_one_line(runs: Path, call, tmp_path: Path, words: list[str], message: str) -> None:
    status, _, err = call("figure", runs / "a", *words, "--out", tmp_path / "f.json")
    assert (status, err.count("\n")) == (2, 1)
    assert message in err
    assert not (tmp_path / "f.json").exists()
