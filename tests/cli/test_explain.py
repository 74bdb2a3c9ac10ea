"""mechgrok explain."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_runs import make_run

from mechgrok.cli import main
from mechgrok.engine.registry import measures
from mechgrok.measures.families import QUESTIONS, family


@pytest.mark.parametrize("name", sorted(measures()))
def test_every_measure_is_explained(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 0
    said, measure = capsys.readouterr().out, measures()[name]
    assert said.startswith(f"# {measure.title}\n")
    assert all(f"| `{column}` | {meaning} |" in said for column, meaning in measure.columns.items())
    assert measure.reference in said
    assert f"`{name}` · family `{family(measure)}`: {QUESTIONS[family(measure)]} · " in said


@pytest.mark.parametrize(
    ("name", "hint"),
    [("gini-coefficient", "did you mean gini?"), ("zzz", "see mechgrok list measures"), ("wobble", "see mechgrok list measures")],
)
def test_an_unknown_measure_is_one_line_with_the_nearest_or_the_command_that_lists_them(name: str, hint: str, call) -> None:
    assert call("explain", name) == (2, "", f"mechgrok: unknown measure {name}; {hint}\n")


@pytest.mark.parametrize("flag", [[], ["--run"]])
def test_variants_stand_side_by_side(flag: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run")
    assert main(["explain", "key-frequencies", *flag, str(run)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Key frequencies, run at step 20"
    labels = [line for line in said if line.startswith("key-frequencies")]
    assert labels[0] == "key-frequencies"
    assert "key-frequencies(rule=neuron-clusters)" in labels
    assert "key-frequencies(basis=multiplicative)" in labels
    assert not (run / "results").exists(), "what was looked at once does not belong into the report"


def test_a_run_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "gini", "--run", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
