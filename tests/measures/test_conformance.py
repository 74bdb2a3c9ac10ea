"""What every measure is held to by existing: its declaration, and its outcome on each kind of run."""

from __future__ import annotations

import dataclasses
import re

import pytest
from kinds_of_runs import ADDITION, GROUPS, RARE, RUNS, STEPS, USUAL, Outcomes
from quick_measures import QUICK
from rules_of_results import broken_rules, look

from mechgrok.engine import registry
from mechgrok.engine.outcomes import Result
from mechgrok.measures.base.measure import RunMeasure
from mechgrok.measures.base.on_group import OnGroup

MEASURES = sorted(registry.measures())
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


@pytest.mark.parametrize("kinds", [USUAL, pytest.param(RARE, marks=pytest.mark.long)], ids=["usual", "rare"])
@pytest.mark.parametrize("name", MEASURES)
class TestOutcomes:
    """The outcomes of one measure on many kinds of runs; a failure lists the runs, each with the rules that its outcome breaks."""

    def test_each_is_a_sound_result_or_a_reason(self, name: str, kinds: set[str], outcomes: Outcomes) -> None:
        broken, drawn = {}, set()
        for run in runs_of(name, kinds):
            outcome = outcomes[run][label(name, run)]
            kind = look(outcome) if isinstance(outcome, Result) else None
            broken[run] = broken_rules(outcome, draw=kind not in drawn)
            drawn.add(kind)
        assert {run: rules for run, rules in broken.items() if rules} == {}

    def test_it_is_computed_at_the_promised_steps(self, name: str, kinds: set[str], outcomes: Outcomes) -> None:
        """All checkpoints for a cheap measure, the last one for an expensive one; a measure of the whole run has no rule."""
        steps = [*STEPS] if registry.measures()[name].cost == "cheap" else [STEPS[-1]]
        made_here = [run for run in runs_of(name, kinds) if run in {*ADDITION, *GROUPS}]
        tables = {run: found.table for run in made_here if isinstance(found := outcomes[run][label(name, run)], Result)}
        assert of_run(name) or {run: table for run, table in tables.items() if sorted(set(table["step"])) != steps} == {}

    def test_the_keys_of_its_headline_do_not_depend_on_the_network(self, name: str, kinds: set[str], outcomes: Outcomes) -> None:
        for kind in (ADDITION, GROUPS):
            found = {run: outcomes[run][label(name, run)] for run in ["odd", *runs_of(name, kinds)] if run in kind}
            keys = {run: sorted(result.headline) for run, result in found.items() if isinstance(result, Result)}
            assert len(set(map(tuple, keys.values()))) <= 1, keys


@pytest.mark.parametrize("name", MEASURES)
def test_it_applies_to_addition_or_else_to_another_kind_of_run(name: str, outcomes: Outcomes) -> None:
    applies = {run for run in runs_of(name, USUAL) if isinstance(outcomes[run][label(name, run)], Result)}
    # Some measures apply to one rare kind alone.
    assert applies or any(isinstance(outcomes[run][label(name, run)], Result) for run in runs_of(name, RARE))
    assert ("odd" in applies) == ("even" in applies)


def runs_of(name: str, kinds: set[str]) -> list[str]:
    """These kinds of runs; of the groups S3 alone, where the measure is not about groups."""
    on_group = issubclass(registry.measures()[name], OnGroup)
    return [run for run in RUNS if run in kinds and (run not in GROUPS or on_group or run == "S3")]


def label(name: str, run: str) -> str:
    return name if run == "odd" else QUICK.get(name, name)


def of_run(name: str) -> bool:
    return issubclass(registry.measures()[name], RunMeasure)
