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
        (["gini", "--out", "f.jpg"], "must end in one of .pdf, .svg, .png, .gif, .html, .json"),
        (["split-compatibility", "--out", "f.gif"], "nothing in this figure changes from checkpoint to checkpoint"),
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
        (["gini", "--panel", "b"], "the figure has no panel b; it is one panel, a"),
        (["--panels", "loss:c"], "the figure has no panel c"),
        (["loss", "--panels", "gini"], "name one measure, or several with --panels"),
        ([], "name one measure, or several with --panels"),
        (["--panels", "loss", "--panel", "a"], "--panels takes letters itself"),
        (["--panels", ",", "--titles", "no"], "name at least one measure"),
    ],
)
def test_what_a_figure_cannot_show_is_one_line(runs: Path, call, tmp_path: Path, words: list[str], message: str) -> None:
    status, _, err = call("figure", runs / "a", *words, "--out", tmp_path / "f.json")
    assert (status, err.count("\n")) == (2, 1)
    assert message in err
    assert not (tmp_path / "f.json").exists()


def test_several_measures_stand_in_one_figure_with_letters(runs: Path, call, tmp_path: Path) -> None:
    words = ("--panels", "loss:b,restricted-loss(keys=1,2),gini", "--columns", "2", "--width", "6.75in")
    found = drawn(call, runs, tmp_path / "f.json", *words)
    layout = found["layout"]
    assert [note["text"] for note in layout["annotations"]] == [
        "<b>a</b>  Accuracy",
        "<b>b</b>  Restricted loss",
        "<b>c</b>  Gini coefficient of the Fourier components",
    ]
    assert (layout["width"], layout["meta"]["inches"]) == (790, 6.75)
    assert layout["xaxis"]["domain"] == layout["xaxis3"]["domain"] != layout["xaxis2"]["domain"]
    assert [layout[f"yaxis{number}"]["title"]["text"] for number in ("", "2")] == ["accuracy", "restricted loss (nats)"]


def test_panels_of_one_figure_show_what_each_measure_shows_alone(runs: Path, call, tmp_path: Path) -> None:
    alone = drawn(call, runs, tmp_path / "a.json", "loss", "--panel", "b")
    among = drawn(call, runs, tmp_path / "f.json", "--panels", "gini,loss:b")
    shown = {trace["name"]: trace["y"] for trace in among["data"] if trace["yaxis"] == "y2"}
    assert shown == {trace["name"]: trace["y"] for trace in alone["data"]}


def test_panels_need_one_run(runs: Path, call, tmp_path: Path) -> None:
    status, _, err = call("figure", runs, "--panels", "loss", "--out", tmp_path / "f.json")
    assert (status, "--panels needs one run" in err) == (2, True)


def test_a_page_plays_the_checkpoints_and_a_picture_does_not(runs: Path, call, tmp_path: Path) -> None:
    assert call("figure", runs / "a", "--panels", "loss,logit-cosines", "--out", tmp_path / "f.html")[0] == 0
    text = (tmp_path / "f.html").read_text()
    assert [step in text for step in ('"name":"0"', '"name":"10"', '"name":"20"')] == [True] * 3
    assert call("figure", runs / "a", "split-compatibility", "--out", tmp_path / "g.html")[0] == 0
    assert '"name":"10"' not in (tmp_path / "g.html").read_text()
