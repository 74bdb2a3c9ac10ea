"""Runs of imported curves: what the curves tell is measured and shown, and whatever needs a network says that there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from lightning_logs import SETTINGS, TRAIN_STEPS, VAL_STEPS, log

from mechgrok.cli import main
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.engine.registry import measures
from mechgrok.report.writing import write_report
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.run import Run, open_run

OF_CURVES = {"grok-times", "delay-area", "post-grok-stability", "slingshots"}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    import_file(log(tmp_path / "log", SETTINGS), tmp_path / "R", ImportOptions())
    return open_run(tmp_path / "R")


def test_every_measure_is_computed_or_says_that_there_is_no_network(run: Run) -> None:
    """The expensive ones too."""
    outcomes = analyze(run, [measure() for measure in measures().values()])
    assert {label for label, outcome in outcomes.items() if isinstance(outcome, Result)} == OF_CURVES
    assert {outcome.reason for outcome in outcomes.values() if isinstance(outcome, NotApplicable)} == {
        "the run was imported from curves alone, without a network"
    }
    assert sum(isinstance(outcome, NotApplicable) for outcome in outcomes.values()) == len(measures()) - len(OF_CURVES)


@pytest.mark.parametrize("steps", ["all", "last", [3]])
def test_times_are_those_of_the_readings(run: Run, steps: str | list[int]) -> None:
    table = analyze(run, ["grok-times"], steps=steps)["grok-times"].table  # type: ignore[union-attr]
    first = table[(table["part"] == "time") & (table["holds"] == 1)].set_index(["criterion", "split"])["step"]
    assert [first["accuracy 0.95 / 0.95", split] for split in ("train", "test")] == [TRAIN_STEPS[1], VAL_STEPS[4]]
    assert [first["accuracy 0.99 / 0.99", split] for split in ("train", "test")] == [TRAIN_STEPS[2], VAL_STEPS[5]]
    assert table["epoch"].isna().all()


def test_the_published_log(oracles: Path, tmp_path: Path) -> None:
    """Steps at which a single reading first passes 95 and 99 %, as they were read off the log independently."""
    import_file(oracles / "miml2025" / "adamw_transformer_40pct_metrics.csv", tmp_path / "R", ImportOptions())
    table = analyze(open_run(tmp_path / "R"), ["grok-times"])["grok-times"].table  # type: ignore[union-attr]
    first = table[(table["part"] == "time") & (table["holds"] == 1)].set_index(["criterion", "split"])["step"]
    found = [[first[f"accuracy {level} / {level}", split] for level in (0.95, 0.99)] for split in ("train", "test")]
    assert found == [[463, 511], [41_881, 42_721]]


def test_the_page_is_there_and_nothing_on_it_is_stale(run: Run) -> None:
    outcomes = analyze(run, ["loss", "grok-times"])
    report = write_report(run, outcomes)
    again = write_report(open_run(run.path))
    for found in (report.summary, again.summary):
        assert found["run"]["trained"] == "modular add modulo 7 · unknown split · curves alone, no network"
        assert found["measures"]["loss"]["status"] == "not-applicable"
        assert found["measures"]["grok-times"]["status"] == "ok"
        assert "stale" not in found["measures"]["grok-times"]
    page = report.page.read_text()
    assert "the run was imported from curves alone" in page
    assert "Stale: " not in page


def test_a_longer_log_makes_it_stale(run: Run) -> None:
    analyze(run, ["grok-times"])
    with (run.path / "metrics.csv").open("a") as file:
        file.write("2000000,train,0.5,1.0\n")
    assert "changed since this was computed" in write_report(open_run(run.path)).summary["measures"]["grok-times"]["stale"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["analyze", "R"], 0, "report: R/report/index.html"),
        (["analyze", "R", "grok-times", "gini"], 0, f"{TRAIN_STEPS[2]}"),
        (["analyze", "R", "gini"], 2, "gini does not apply to R: the run was imported from curves alone"),
        (["analyze", "R", "--steps", "last"], 0, "report: R/report/index.html"),
        (["explain", "grok-times", "--run", "R"], 0, f"{VAL_STEPS[5]}"),
        (["explain", "gini", "--run", "R"], 0, "not applicable"),
        (["figure", "R", "delay-area", "--out", "a.json"], 0, "a.json"),
        (["figure", "R", "gini", "--out", "a.json"], 2, "gini does not apply to R: the run was imported from curves alone"),
        (["extract", "R"], 2, "R holds imported curves and no network"),
        (["train", "--resume", "R"], 2, "R was imported, not trained here"),
    ],
)
def test_commands(words: list[str], status: int, said: str, run: Run, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(run.path.parent)
    assert main(words) == status
    out, err = capsys.readouterr()
    assert said in (out if status == 0 else err)
    assert "Traceback" not in err
    assert err.count("\n") <= 1


def test_an_index_over_curves_and_networks(run: Run, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(run.path.parent)
    assert main(["analyze", ".", "grok-times"]) == 0
    assert "report: index.html" in capsys.readouterr().out
