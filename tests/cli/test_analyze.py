"""mechgrok analyze: one run, several, and those that break."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_runs import make_run

from mechgrok.analysis import DEFAULT, analysis
from mechgrok.cli import batch
from mechgrok.engine import registry
from mechgrok.engine.results import Results
from mechgrok.tasks.mixture import Mixture


def summary(run: Path) -> dict[str, Any]:
    return json.loads((run / "report" / "summary.json").read_text())


@pytest.mark.long
def test_by_default_it_computes_what_the_analysis_asks(runs: Path, call) -> None:
    status, out, err = call("analyze", runs / "a", "--nulls", 2)
    assert (status, err) == (0, "")
    based_on = {"distance-irrelevance", "gradient-symmetricity"}
    assert set(summary(runs / "a")["measures"]) == set(analysis(DEFAULT).measures) | based_on
    assert out.rstrip().endswith(f"report: {runs / 'a' / 'report' / 'index.html'}")
    assert "accuracy_test" in out


def test_a_measure_with_its_fields(runs: Path, call) -> None:
    status, _, _ = call("analyze", runs / "a", "restricted-loss(keys=1,2)", "--nulls", 0)
    assert status == 0
    found = summary(runs / "a")["measures"]
    assert list(found) == ["restricted-loss(keys=1,2)"]
    assert found["restricted-loss(keys=1,2)"]["null"] == {}


@pytest.mark.long
def test_an_analysis_that_is_named_is_added(runs: Path, call) -> None:
    status, _, err = call("analyze", runs / "a", "gini", "--analysis", "furuta2024", "--nulls", 0, "--steps", "last")
    assert (status, err) == (0, "")
    assert {"gini", *analysis("furuta2024").measures} <= set(summary(runs / "a")["measures"])


def test_an_analysis_that_is_not_there_is_refused(runs: Path, call) -> None:
    status, _, err = call("analyze", runs / "a", "--analysis", "nanda2032")
    assert status == 2
    assert "did you mean nanda2023" in err


@pytest.mark.parametrize(("steps", "expected"), [("all", 20), ("last", 20), ("0,10", 10)])
def test_steps(runs: Path, call, steps: str, expected: int) -> None:
    call("analyze", runs / "a", "gini", "--steps", steps, "--nulls", 0)
    assert summary(runs / "a")["step"] == expected
    stored = Results(runs / "a").steps(registry.parse("gini"))
    assert len(stored) == {"all": 3, "last": 1, "0,10": 2}[steps]


def test_several_runs_get_an_index(runs: Path, call) -> None:
    status, out, _ = call("analyze", runs, "loss", "gini", "--nulls", 0)
    assert status == 0
    assert out.rstrip().endswith(f"report: {runs / 'index.html'}")
    text = (runs / "index.html").read_text()
    assert 'href="a/report/index.html"' in text
    assert 'href="b/report/index.html"' in text


def test_numbers_that_were_asked_for_stand_side_by_side(runs: Path, call) -> None:
    _, out, _ = call("analyze", runs, "gini", "loss", "--nulls", 0, "--steps", "last")
    head, *rows = [line.split() for line in out.splitlines()[:-1]]
    assert head == ["measure", "number", "a", "b"]
    measured = [[summary(runs / name)["measures"][row[0]]["headline"][row[1]] for name in "ab"] for row in rows]
    assert [list(map(float, row[2:])) for row in rows] == [pytest.approx(pair, rel=1e-5) for pair in measured]
    assert {row[0] for row in rows} == {"gini", "loss"}


def test_a_broken_run_costs_a_line(runs: Path, call) -> None:
    (runs / "a" / "weights" / "00000010.safetensors").write_bytes(b"no weights")
    make_run(runs / "empty", steps=())
    make_run(runs / "text")
    (runs / "text" / "config.json").write_text("{")
    status, _, err = call("analyze", runs, "gini", "--nulls", 0)
    assert status == 1
    lines = err.strip().splitlines()
    assert len(lines) == 3
    assert [line.split(": ")[1] for line in lines] == [str(runs / name) for name in ("a", "empty", "text")]
    assert summary(runs / "b")["measures"]["gini"]["status"] == "ok"
    index = (runs / "index.html").read_text()
    assert "Without a report" in index
    assert "has no checkpoint yet" in index


def test_a_broken_run_alone_is_wrong_input(runs: Path, call) -> None:
    (runs / "a" / "config.json").write_text("{")
    status, _, err = call("analyze", runs / "a", "gini")
    assert status == 2
    assert len(err.strip().splitlines()) == 1


def test_a_broken_measure_costs_itself(runs: Path, call, monkeypatch) -> None:
    monkeypatch.setattr(registry.measures()["gini"], "compute", lambda *_: 1 / 0)
    status, out, _ = call("analyze", runs / "a", "gini", "loss", "--nulls", 2)
    assert status == 1
    found = summary(runs / "a")["measures"]
    assert {label: measure["status"] for label, measure in found.items()} == {"gini": "failed", "loss": "ok"}
    assert "ZeroDivisionError" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["analyze"], "name a run"),
        (["analyze", "nowhere"], "nowhere is neither a folder nor a measure"),
        (["analyze", "RUN", "gimi"], "did you mean gini?"),
        (["analyze", "RUN", "--steps", "some"], "--steps some: write all, last, or steps such as 0,100"),
        (["analyze", "RUN", "--steps", "5"], "has no checkpoint at step 5"),
        (["analyze", "RUN", "--nulls", "-1"], "--nulls -1"),
        (["analyze", "RUN", "restricted-loss(keys=9)"], "frequency 9 does not exist modulo 7"),
    ],
)
def test_wrong_input_is_one_line(runs: Path, call, words: list[str], message: str) -> None:
    status, _, err = call(*(runs / "a" if word == "RUN" else word for word in words))
    assert status == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1


def test_what_does_not_apply_is_said_beside_what_does(runs: Path, call) -> None:
    status, _, err = call("analyze", runs / "a", "gini", "restricted-loss(keys=9)", "--nulls", 0)
    assert status == 0
    assert "restricted-loss(keys=9) does not apply to a: frequency 9" in err
    assert summary(runs / "a")["measures"]["restricted-loss(keys=9)"]["status"] == "not-applicable"


def test_an_interruption_keeps_what_is_stored(runs: Path, call, monkeypatch) -> None:
    gini = registry.measures()["gini"]
    whole = gini.compute

    def interrupted(measure, snapshot, given):
        if snapshot.step == 10:
            raise KeyboardInterrupt
        return whole(measure, snapshot, given)

    monkeypatch.setattr(gini, "compute", interrupted)
    status, _, err = call("analyze", runs / "a", "gini")
    kept = f"2 of 3 checkpoints were finished; the results computed so far are kept in {runs / 'a' / 'results'}"
    assert (status, err) == (130, f"mechgrok: interrupted; {kept}\n")
    assert 20 in Results(runs / "a").steps(gini()), "the last goes first"


def test_an_interruption_before_the_first_result_claims_nothing(runs: Path, call, monkeypatch) -> None:
    assert call("analyze", runs / "a", "loss", "--nulls", 0)[0] == 0, "older results do not count"
    monkeypatch.setattr(registry.measures()["gini"], "compute", _interrupted)
    assert call("analyze", runs / "a", "gini")[::2] == (130, "mechgrok: interrupted; nothing was written\n")
    status, _, err = call("analyze", runs / "a", "weight-norms", "gini")
    assert (status, err) == (130, f"mechgrok: interrupted; the results computed so far are kept in {runs / 'a' / 'results'}\n")


def test_an_interrupted_batch_counts_its_reports(runs: Path, call, monkeypatch) -> None:
    whole = batch._add
    monkeypatch.setattr(batch, "_add", lambda done, *given, **named: _interrupted() if done else whole(done, *given, **named))
    status, _, err = call("analyze", runs, "gini", "--nulls", 0)
    assert (status, err) == (130, "mechgrok: interrupted; 1 of 2 reports were written\n")


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_mixture_by_task_is_a_report_for_each_and_an_index(tmp_path: Path, call) -> None:
    run = make_run(tmp_path / "mixed", task=Mixture(p=5))
    status, out, err = call("analyze", run, "loss", "key-frequencies", "--by-task", "--nulls", 0)
    assert (status, err) == (0, "")
    assert out.rstrip().endswith(f"report: {run / 'tasks' / 'index.html'}")
    assert [summary(run / "tasks" / name)["run"]["name"] for name in ("add", "multiply")] == ["add", "multiply"]
    assert not (run / "report").exists()


def test_a_run_of_one_task_has_no_tasks(runs: Path, call) -> None:
    status, _, err = call("analyze", runs / "a", "--by-task")
    assert (status, err) == (2, f"mechgrok: {runs / 'a'} has one task alone; analyze it without --by-task\n")
