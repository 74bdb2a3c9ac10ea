"""What every measure owes, whoever wrote it: a measure gets these tests by existing."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from made_runs import make_run
from measure_kinds import ELSEWHERE

from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.measures.base.measure import Measure, RunMeasure
from mechgrok.runs.run import open_run

MEASURES = sorted(registry.measures())
ASKED = {
    "loss",
    "embedding-spectrum",
    "neuron-logit-spectrum",
    "logit-cosines",
    "key-frequencies",
    "neuron-frequencies",
    "restricted-loss",
    "excluded-loss",
    "gini",
    "weight-norms",
}
STEPS = (0, 20)
VARIANTS = [
    "restricted-loss(keys=1,3)",
    "excluded-loss(keys=own)",
    "logit-cosines(keys=2)",
    "key-frequencies(rule=neuron-clusters, threshold=0.2)",
    "key-frequencies(rule=fixed, fixed=1,2)",
    "neuron-frequencies(threshold=0.5)",
]
FORMULA = re.compile(r"[\w\])'] = \S|<.+> /")

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small random networks: odd, even and the smallest moduli, splits that are unknown or everything, weights that are zero, no MLP."""
    root = tmp_path_factory.mktemp("runs")
    make_run(root / "odd", steps=STEPS)
    make_run(root / "even", steps=STEPS, p=8)
    make_run(root / "two", steps=STEPS, p=2, train=0.5)
    make_run(root / "three", steps=STEPS, p=3)
    make_run(root / "unknown", steps=STEPS, train=None)
    make_run(root / "all-train", steps=STEPS, train=1.0)
    make_run(root / "zero", steps=STEPS, scale=0.0)
    make_run(root / "attention", steps=STEPS, attn_only=True)
    return root


RUNS = ["odd", "even", "two", "three", "unknown", "all-train", "zero", "attention"]


@pytest.fixture(scope="module")
def outcomes(folder: Path) -> dict[str, dict[str, Any]]:
    return {name: analyze(open_run(folder / name), MEASURES, nulls=2) for name in RUNS}


def test_the_measures_of_the_first_issue_are_there() -> None:
    assert set(MEASURES) >= ASKED


@pytest.mark.parametrize("name", MEASURES)
class TestDeclaration:
    def test_it_is_a_frozen_dataclass_with_defaults(self, name: str) -> None:
        measure = registry.measures()[name]
        assert dataclasses.is_dataclass(measure)
        assert measure.__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert measure() == measure()
        assert hash(measure()) == hash(measure())

    def test_its_columns_are_documented(self, name: str) -> None:
        columns = registry.measures()[name].columns
        assert columns
        assert "step" not in columns or of_run(name), "the engine adds the step"
        assert all(meaning.strip() for meaning in columns.values())

    def test_it_names_paper_and_section(self, name: str) -> None:
        assert re.search(r"\b(19|20)\d\d\b", registry.measures()[name].reference)

    def test_its_docstring_has_a_formula(self, name: str) -> None:
        assert FORMULA.search(registry.measures()[name].__doc__ or "")

    def test_its_title_and_caption_say_something(self, name: str) -> None:
        measure = registry.measures()[name]()
        assert measure.title != measure.name
        assert len(measure.caption()) > 20

    def test_its_plain_name_means_its_defaults(self, name: str) -> None:
        assert registry.measures()[name]().label == name
        assert registry.parse(name) == registry.measures()[name]()


@pytest.mark.parametrize("text", VARIANTS)
def test_a_label_parses_back_to_an_equal_measure(text: str) -> None:
    measure = registry.parse(text)
    assert measure.label == text
    assert registry.parse(measure.label) == measure


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("name", MEASURES)
class TestResult:
    def test_it_applies_or_says_why_not(self, name: str, run: str, outcomes: dict[str, dict[str, Any]]) -> None:
        outcome = outcomes[run][name]
        assert isinstance(outcome, Result | NotApplicable), getattr(outcome, "traceback", "")
        if isinstance(outcome, NotApplicable):
            assert run not in ("odd", "even") or name in ELSEWHERE
            assert len(outcome.reason.split()) > 3

    def test_its_table_has_the_promised_columns_at_every_step(self, name: str, run: str, outcomes: dict[str, dict[str, Any]]) -> None:
        for result in results(outcomes[run][name]):
            if of_run(name):
                assert set(result.table.columns) == set(result.measure.columns)
            else:
                assert set(result.table.columns) == {*result.measure.columns, "step"}
                assert sorted(set(result.table["step"])) == (list(STEPS) if result.measure.cost == "cheap" else [STEPS[-1]])

    def test_its_headline_is_json_with_a_reason_for_every_gap(self, name: str, run: str, outcomes: dict[str, dict[str, Any]]) -> None:
        for result in results(outcomes[run][name]):
            json.dumps(result.headline, allow_nan=False)
            gaps = {key for key, value in result.headline.items() if value is None}
            assert gaps == set(result.missing)
            assert all(len(reason.split()) > 2 and "nan" not in reason for reason in result.missing.values()), result.missing

    def test_its_figure_shows_data_between_named_axes(self, name: str, run: str, outcomes: dict[str, dict[str, Any]]) -> None:
        for result in results(outcomes[run][name]):
            figure = result.figure()
            assert figure.data
            assert all(axis.title.text for axis in axes(figure))

    def test_its_null_is_finite(self, name: str, run: str, outcomes: dict[str, dict[str, Any]]) -> None:
        for result in results(outcomes[run][name]):
            numbers = [number for null in result.null.values() for number in null.values() if number is not None]
            assert all(map(math.isfinite, numbers)), result.null


@pytest.mark.parametrize("name", MEASURES)
def test_the_keys_of_the_headline_do_not_depend_on_what_is_known(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    keys = {run: set(result.headline) for run in RUNS for result in results(outcomes[run][name])}
    assert len(set(map(frozenset, keys.values()))) == (0 if name in ELSEWHERE else 1), keys


@pytest.mark.parametrize("key", ["train", "test"])
def test_an_unknown_split_is_a_gap_with_its_reason(key: str, outcomes: dict[str, dict[str, Any]]) -> None:
    for name in ("loss", "restricted-loss"):
        found = outcomes["unknown"][name]
        assert found.headline[key] is None
        assert "unknown" in found.missing[key]
        assert math.isfinite(found.headline["all"])


def test_a_run_without_test_rows_says_so(outcomes: dict[str, dict[str, Any]]) -> None:
    found = outcomes["all-train"]["loss"]
    assert found.headline["test"] is None
    assert "no test rows" in found.missing["test"]
    assert found.headline["train"] == pytest.approx(found.headline["all"], rel=1e-12)


def test_a_constant_network_guesses(outcomes: dict[str, dict[str, Any]]) -> None:
    assert outcomes["zero"]["loss"].headline["all"] == pytest.approx(math.log(7), rel=1e-12)
    assert outcomes["zero"]["key-frequencies"].headline["frequencies"] == []


def of_run(name: str) -> bool:
    return issubclass(registry.measures()[name], RunMeasure)


def results(outcome: Measure | Result | NotApplicable) -> Iterator[Result]:
    if isinstance(outcome, Result):
        yield outcome


def axes(figure: go.Figure) -> list[Any]:
    used: Mapping[str, Any] = figure.layout.to_plotly_json()
    return [figure.layout[key] for key in used if re.fullmatch(r"[xy]axis\d*", key)]
