"""A comparison of runs: what it reads, its groups, its table, and what it says of runs without results."""

from __future__ import annotations

import builtins
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from compared_runs import compared_run, summary, sweep_of
from made_runs import make_run

import mechgrok
from mechgrok.engine.analyze import analyze
from mechgrok.errors import UserError
from mechgrok.runs.run import open_run

TIMES = {0.5: [60, 80, None], 2.0: [30, 40, 50]}


def test_the_frame_has_a_row_a_run(tmp_path: Path) -> None:
    sweep_of(tmp_path, TIMES)
    table = mechgrok.compare(tmp_path).frame()
    assert table.columns.tolist() == [
        "run", "optimizer.weight_decay", "seed", "memorised", "generalised", "last_step",
        "train_loss", "test_loss", "train_accuracy", "test_accuracy", "key_frequencies",
    ]  # fmt: skip
    assert table["run"].tolist() == [f"decay={decay}-s{seed}" for decay in ("0.5", "2") for seed in range(3)]
    assert table["optimizer.weight_decay"].tolist() == [0.5] * 3 + [2.0] * 3
    assert table["seed"].tolist() == [0, 1, 2] * 2
    assert table["memorised"].tolist() == [20] * 6
    assert table["key_frequencies"].tolist() == [(1, 1), (1, 2), (1, 3)] * 2


def test_a_run_that_did_not_grok_is_never_given_its_last_step(tmp_path: Path) -> None:
    sweep_of(tmp_path, TIMES)
    row = mechgrok.compare(tmp_path).frame().loc[2]
    assert row["generalised"] is pd.NA
    assert (row["last_step"], row["test_loss"], row["test_accuracy"]) == (100, 4.0, 0.1)


def test_no_weights_are_read_and_nothing_is_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in sweep_of(tmp_path, TIMES):
        (folder / "weights" / "00000100.safetensors").write_text("no weights")
        (folder / "state.safetensors").write_text("no state")
    really, opened = builtins.open, []

    def noted(name, *rest, **named):
        opened.append(str(name))
        return really(name, *rest, **named)

    monkeypatch.setattr(builtins, "open", noted)
    monkeypatch.setattr("io.open", noted)
    for broken in ("safetensors.safe_open", "mechgrok.engine.analyze.analyze"):
        monkeypatch.setattr(broken, None)
    found = mechgrok.compare(tmp_path)
    assert len(found.frame()) == 6
    found.write(tmp_path / "out")
    assert any("summary.json" in name for name in opened)
    assert not [name for name in opened if name.endswith(".safetensors")]


def test_groups_are_all_that_varies_but_seeds(tmp_path: Path) -> None:
    sweep_of(tmp_path, TIMES)
    found = mechgrok.compare(tmp_path)
    assert found.by == ("optimizer.weight_decay",)
    assert {name: len(runs) for name, runs in found.groups.items()} == {"weight_decay 0.5": 3, "weight_decay 2": 3}
    assert list(mechgrok.compare(tmp_path, by=["seed"]).groups) == ["seed 0", "seed 1", "seed 2"]
    with pytest.raises(UserError, match=r"--by optimizer.decay: no run has this value; did you mean optimizer.weight_decay"):
        mechgrok.compare(tmp_path, by=["optimizer.decay"])


def test_runs_are_read_from_folders_and_by_themselves(tmp_path: Path) -> None:
    first, *_, last = sweep_of(tmp_path / "one", TIMES)
    assert mechgrok.compare([last, open_run(first)]).frame()["run"].tolist() == [last.name, first.name]
    other = compared_run(tmp_path / "two" / first.name, 1.0, 0, 30)
    assert mechgrok.compare([first, other]).frame()["run"].tolist() == [first.as_posix(), other.as_posix()]
    with pytest.raises(UserError, match="is no run and holds none"):
        mechgrok.compare(tmp_path / "nothing")


def test_named_measures_are_columns_and_runs_without_them_are_named(tmp_path: Path) -> None:
    one, two = sweep_of(tmp_path, {0.5: [60, 80]})
    summary(one, {"gini": {"W_E": 0.25, "words": "x", "unknown": None}})
    found = mechgrok.compare([one, two], measures=["gini"])
    assert found.frame()["gini W_E"].tolist() == pytest.approx([0.25, np.nan], nan_ok=True)
    assert "gini words" not in found.frame()
    assert {label: [run.name for run in runs] for label, runs in found.lacking().items()} == {"gini": [two.name]}
    assert found.lines()[-1] == f"no stored gini of {two.name}: mechgrok analyze {two} gini"


def test_results_that_are_newer_than_the_report_count(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", p=11, steps=(0, 20)))
    expected = analyze(run, ["gini"], nulls=0)["gini"]
    found = mechgrok.compare([run], measures=["gini"])
    assert found.stored["run"]["gini"].step == 20
    row = found.frame().loc[0]
    assert {key: row[f"gini {key}"] for key in expected.headline} == expected.headline
    assert list(found.figures()) == ["gini"]


def test_a_named_measure_is_drawn_over_the_checkpoints(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", p=11, steps=(0, 10, 20)))
    expected = analyze(run, ["gini"], nulls=0)["gini"]
    figure = mechgrok.compare([run], measures=["gini"]).figures()["gini"]
    first = next(iter(expected.headline))
    assert figure.data[0].y.tolist() == pytest.approx(expected.series(first).tolist())


def test_there_is_a_figure_for_each_thing_that_is_stored(tmp_path: Path) -> None:
    sweep_of(tmp_path, TIMES)
    found = mechgrok.compare(tmp_path).figures()
    assert list(found) == ["curves", "times", "key frequencies"]
    generalised = {trace.name: trace.x.tolist() for trace in found["times"].data if "generalised" in trace.name}
    assert generalised == {"generalised": [60, 80, 30, 40, 50], "generalised, not by then": [100]}


def test_panels_of_numbers_have_the_same_rows_with_names_at_the_left(tmp_path: Path) -> None:
    for decay, seed, numbers in ((0.5, 0, {"a": 1e-7, "b": 0.5}), (0.5, 1, {"a": 1e-3, "b": 0.6}), (2.0, 0, {"b": 0.7})):
        compared_run(tmp_path / f"{decay}-{seed}", decay, seed, 30, logit_cosines=numbers)
    layout = mechgrok.compare(tmp_path).figures()["logit-cosines"].layout
    assert layout.yaxis.ticktext == layout.yaxis2.ticktext == ("weight_decay 0.5", "weight_decay 2")
    assert (layout.yaxis.showticklabels, layout.yaxis2.showticklabels) == (True, False)
    assert (layout.xaxis.type, layout.xaxis2.type) == ("log", None)
