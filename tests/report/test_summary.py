"""The summary: what it holds, and that it is strict JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_runs import make_run
from own_measure import REPORTED, Mine

from mechgrok.discovery import kinds
from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.errors import UserError
from mechgrok.report import facts
from mechgrok.report.writing import write_report
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.domain import Domain
from mechgrok.tasks.expression import Expression
from mechgrok.tasks.group import GroupTask
from mechgrok.tasks.k_wise import KWise
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.table import Table
from mechgrok.tasks.task import Task


def strictly(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def summary(run: Run) -> dict[str, Any]:
    return strictly((run.path / "report" / "summary.json").read_text())


def test_it_has_the_schema(run: Run) -> None:
    found = summary(run)
    assert found["schema"] == 2
    assert found["program"] is None
    assert {frozenset(sentence) for sentence in found["verdict"]} == {frozenset({"text", "measures"})}
    assert found["step"] == 20
    assert set(found["measures"]) == set(REPORTED)
    assert {frozenset(measure) for measure in found["measures"].values()} == {frozenset({"status", "step", "headline", "missing", "null"})}
    assert {measure["status"] for measure in found["measures"].values()} == {"ok"}


def test_it_says_what_the_run_is(run: Run) -> None:
    found = summary(run)["run"]
    assert found["name"] == "small"
    assert found["config"] == json.loads((run.path / "config.json").read_text())
    assert found["checkpoints"] == 3
    assert (found["first_step"], found["last_step"]) == (0, 20)
    assert "add modulo 7" in found["trained"]
    assert "fraction 0.4" in found["trained"]


@pytest.mark.parametrize(
    ("asked", "said"), [(20, "3 checkpoints, the last at step 20"), (900, "3 checkpoints, the last at step 20 of 900")]
)
def test_a_run_that_ended_early_says_what_was_asked_for(asked: int, said: str, tmp_path: Path) -> None:
    made = open_run(make_run(tmp_path / "run"))
    config = json.loads((made.path / "config.json").read_text())
    (made.path / "config.json").write_text(json.dumps(config | {"training": {"steps": asked}}))
    assert facts.facts(made)["trained"].endswith(said)


@pytest.mark.parametrize(
    ("task", "share"), [(Modular(p=7), 1 / 7), (GroupTask(n=3), 1 / 6), (Table(function=lambda a, b: max(a, b) // 2, p=8), 1 / 4)], ids=repr
)
def test_guessing_is_one_of_the_labels(tmp_path: Path, task: Task, share: float) -> None:
    assert facts.facts(open_run(make_run(tmp_path / "run", task=task)))["guessing"] == share


def test_it_says_how_labels_were_corrupted(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    assert "corrupted" not in facts.trained(open_run(folder))
    settings = json.loads((folder / "config.json").read_text()) | {"corruption": {"kind": "fixed-rule", "divisor": 3}}
    (folder / "config.json").write_text(json.dumps(settings))
    assert "labels corrupted: fixed-rule, divisor 3" in facts.trained(open_run(folder))
    assert facts.facts(open_run(folder))["changed_labels"] == "label b where 3 divides b"


@pytest.mark.parametrize("kind", kinds("data.corruptions"))
def test_every_corruption_is_said_in_words(tmp_path: Path, kind: str) -> None:
    folder = make_run(tmp_path / "run")
    assert facts.facts(open_run(folder))["changed_labels"] == ""
    settings = json.loads((folder / "config.json").read_text()) | {"corruption": {"kind": kind}}
    (folder / "config.json").write_text(json.dumps(settings))
    words = facts.facts(open_run(folder))["changed_labels"]
    assert (words == "") == (kind == "none")
    assert "{" not in words


def test_it_says_that_metrics_are_those_of_a_sample(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    assert "random rows" not in facts.trained(open_run(folder))
    settings = json.loads((folder / "config.json").read_text()) | {"training": {"evaluate_rows": 5000}}
    (folder / "config.json").write_text(json.dumps(settings))
    assert "recorded metrics from 5000 random rows of each split" in facts.trained(open_run(folder))


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (Modular(p=7, operation="divide"), "modular divide modulo 7 \N{MIDDLE DOT}"),
        (Modular(p=7, domain=Domain(first_fraction=0.5)), "modular add modulo 7 (domain: first_fraction 0.5) \N{MIDDLE DOT}"),
        (GroupTask(n=3), "group symmetric 3 compose \N{MIDDLE DOT}"),
        (KWise(p=5, terms=3), "k-wise of 3 numbers modulo 5 \N{MIDDLE DOT}"),
        (Expression(p=5, expression="a^3 + b"), "expression a^3 + b modulo 5 \N{MIDDLE DOT}"),
        (Mixture(p=5), "mixture add, multiply modulo 5 \N{MIDDLE DOT}"),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_every_task_is_said_in_a_few_words(tmp_path: Path, task: Task, words: str) -> None:
    assert facts.trained(open_run(make_run(tmp_path / "run", task=task))).startswith(words)


@pytest.mark.parametrize("kind", ["module", "unknown"])
def test_a_network_without_sizes_is_its_kind_and_parameters(kind: str, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    settings = json.loads((folder / "config.json").read_text()) | {"model": {"kind": kind}, "task": {"kind": "unknown"}}
    (folder / "config.json").write_text(json.dumps(settings))
    line = facts.trained(open_run(folder))
    assert line.startswith("an unknown task \N{MIDDLE DOT}")
    assert f"\N{MIDDLE DOT} {kind} (518 parameters) \N{MIDDLE DOT}" in line
    for path in (folder / "weights").iterdir():
        path.unlink()
    assert f"\N{MIDDLE DOT} {kind} \N{MIDDLE DOT} 0 checkpoints" in facts.trained(open_run(folder))


def test_the_parameters_are_counted(run: Run) -> None:
    # W_E 8*8, W_pos 3*8, W_Q W_K W_V W_O 2*8*4 each, W_in and W_out 8*6 each, biases 6 + 8, W_U 8*8
    assert summary(run)["run"]["parameters"] == 64 + 24 + 4 * 64 + 2 * 48 + 14 + 64


def test_headlines_are_those_of_the_engine(run: Run) -> None:
    outcomes = analyze(run, REPORTED, nulls=3)
    for label, measure in summary(run)["measures"].items():
        assert measure["headline"] == outcomes[label].headline
        assert measure["missing"] == outcomes[label].missing
        assert measure["null"] == outcomes[label].null


def test_a_null_has_mean_and_z(run: Run) -> None:
    null = summary(run)["measures"]["gini"]["null"]["W_E_norms"]
    assert set(null) == {"mean", "z"}
    assert 0 < null["mean"] < 1


@pytest.mark.long
def test_a_variant_is_added_and_nothing_is_replaced(run: Run) -> None:
    before = summary(run)["measures"]
    write_report(run, analyze(run, ["restricted-loss(keys=1,2)"], nulls=0))
    after = summary(run)["measures"]
    assert set(after) == {*before, "restricted-loss(keys=1,2)"}
    assert {label: after[label] for label in before} == before


def test_what_the_engine_only_needed_is_not_listed(run: Run) -> None:
    assert (run.path / "results" / "key-frequencies").is_dir()
    assert not [label for label in summary(run)["measures"] if label.startswith("key-frequencies(")]


def test_a_requirement_that_was_asked_for_is_listed(run: Run) -> None:
    write_report(run, analyze(run, ["key-frequencies(at=last)"], nulls=0))
    assert "key-frequencies(at=last)" in summary(run)["measures"]


@pytest.mark.long
def test_a_measure_that_does_not_apply_gives_its_reason(run: Run) -> None:
    write_report(run, analyze(run, ["restricted-loss(keys=5)"], nulls=0))
    found = summary(run)["measures"]["restricted-loss(keys=5)"]
    assert found == {"status": "not-applicable", "reason": "frequency 5 does not exist modulo 7; use 1 to 3"}


@pytest.mark.parametrize("where", ["compute", "plot", "headline"])
@pytest.mark.long
def test_a_broken_measure_costs_itself_alone(run: Run, where: str) -> None:
    before = summary(run)["measures"]
    write_report(run, analyze(run, [Mine(breaks_in=where), "gini"], nulls=2))
    after = summary(run)["measures"]
    broken = after.pop(f"mine(breaks_in={where})")
    assert broken["status"] == "failed"
    assert "made to <fail>" in broken["reason"]
    assert "ZeroDivisionError" in broken["traceback"]
    assert after.keys() == before.keys()
    assert all(measure["status"] == "ok" for measure in after.values())


@pytest.mark.long
def test_a_failure_is_remembered_until_the_measure_works(run: Run) -> None:
    gini = registry.measures()["gini"]
    working, gini.compute = gini.compute, Mine(breaks_in="compute").compute  # type: ignore[method-assign]
    try:
        for path in (run.path / "results" / "gini").rglob("*.parquet"):
            path.unlink()
        write_report(run, analyze(run, ["gini"], nulls=0))
    finally:
        gini.compute = working  # type: ignore[method-assign]
    write_report(run)
    assert summary(run)["measures"]["gini"]["status"] == "failed"
    write_report(run, analyze(run, ["gini"], nulls=0))
    assert summary(run)["measures"]["gini"]["status"] == "ok"


def test_numbers_that_json_has_not_are_null_with_a_reason(run: Run) -> None:
    write_report(run, analyze(run, [Mine()], nulls=0))
    found = summary(run)["measures"]["mine"]
    assert found["headline"]["nested"] == {"good": 1.0, "bad": None}
    assert found["headline"]["infinite"] is None
    assert found["headline"]["numpy"] == found["headline"]["max"]
    assert set(found["missing"]) == {"nested.bad", "infinite"}


def test_a_measure_that_is_not_installed_is_left_out_and_named(run: Run) -> None:
    write_report(run, analyze(run, [Mine()], nulls=0))
    again = write_report(run)
    assert "mine" not in again.summary["measures"]
    assert again.left_out == ("mine",)


@pytest.mark.parametrize("mine", [Mine(), Mine(breaks_in="compute"), Mine(breaks_in="plot")])
def test_a_run_with_results_of_absent_measures_alone_has_an_empty_report(tmp_path: Path, mine: Mine) -> None:
    run = open_run(make_run(tmp_path / "run"))
    write_report(run, analyze(run, [mine], nulls=0))
    report = write_report(open_run(run.path))
    assert (report.summary["measures"], report.left_out) == ({}, (mine.label,))


@pytest.mark.long
def test_a_measure_that_is_there_again_is_in_the_report_again(run: Run) -> None:
    write_report(run, analyze(run, [Mine()], nulls=0))
    write_report(run)
    report = write_report(run, analyze(run, [Mine()], nulls=0))
    assert report.summary["measures"]["mine"]["status"] == "ok"
    assert report.left_out == ()


def test_no_folder_of_the_author_gets_in(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "secret place" / "small")
    (folder / "execution.json").write_text(json.dumps({"source": str(tmp_path / "model.pt"), "notes": [str(tmp_path / "x")], "threads": 2}))
    run = open_run(folder)
    report = write_report(run, analyze(run, ["gini"], nulls=0))
    assert report.summary["run"]["execution"] == {"source": "model.pt", "notes": ["x"], "threads": 2}
    assert str(tmp_path) not in (folder / "report" / "summary.json").read_text()
    assert str(tmp_path) not in report.page.read_text()


def test_a_page_of_a_module_is_refused_with_the_way_to_one() -> None:
    with pytest.raises(UserError, match=r"^a page needs a run, not dict; mechgrok\.record makes one of a module"):
        write_report({})  # type: ignore[arg-type]


def test_a_run_without_results_says_what_to_do(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "bare"))
    with pytest.raises(Exception, match="no stored results; make some with: mechgrok analyze"):
        write_report(run)
