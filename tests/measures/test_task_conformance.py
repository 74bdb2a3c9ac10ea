"""All measures on tasks whose tables are not the square of two numbers: a result or a reason, never a traceback or a gap without a word."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from made_runs import make_run

from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.runs.run import open_run
from mechgrok.tasks.aliases import Aliases
from mechgrok.tasks.domain import Domain
from mechgrok.tasks.expression import Expression
from mechgrok.tasks.k_wise import KWise
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.random_table import RandomTable
from mechgrok.tasks.residue import Residue
from mechgrok.tasks.task import Task

STEPS = (0, 20)
TASKS: dict[str, Task] = {
    "divide": Modular(p=7, operation="divide"),
    "equation": Modular(p=5, operation="divide-or-subtract", layout="openai equation"),
    "restricted": Modular(p=7, domain=Domain(first_fraction=0.5)),
    "below": Modular(p=7, domain=Domain(below=3)),
    "ascending": Modular(p=5, layout="a b", domain=Domain(ascending=True)),
    "three": KWise(p=5, terms=3),
    "product": Expression(p=5, expression="a*b*c"),
    "mixture": Mixture(p=5, operations=("add", "multiply")),
    "products": Mixture(p=5, operations=("multiply", "divide"), layout="a op b ="),
    "random": RandomTable(p=7),
    "residue": Residue(p=7),
    "aliases": Aliases(p=9, questions=3),
}
NAMES = sorted(registry.measures())
SLOW = {"learning-coefficient"}
"""It looks at the train rows alone, so one task is enough."""

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    root = tmp_path_factory.mktemp("runs")
    folders = {name: make_run(root / name, task=task, steps=STEPS) for name, task in TASKS.items()}
    return {name: analyze(open_run(folder), _asked(name), nulls=2) for name, folder in folders.items()}


def _asked(task: str) -> list[str]:
    return [name for name in NAMES if task == "mixture" or name not in SLOW]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", NAMES)
def test_a_result_or_a_reason(name: str, task: str, outcomes: dict[str, dict[str, Any]]) -> None:
    if name not in _asked(task):
        return
    found = outcomes[task][name]
    assert isinstance(found, Result | NotApplicable), getattr(found, "traceback", found)
    if isinstance(found, NotApplicable):
        assert len(found.reason.split()) > 3
        return
    json.dumps(found.headline, allow_nan=False)
    assert {key for key, value in found.headline.items() if value is None} == set(found.missing)
    assert all("nan" not in reason for reason in found.missing.values())
    numbers = [number for null in found.null.values() for number in null.values() if number is not None]
    assert all(map(math.isfinite, numbers))
    figure = found.figure()
    assert figure.data
    used = figure.layout.to_plotly_json()
    assert all(used[axis]["title"]["text"] for axis in used if re.fullmatch(r"[xy]axis\d*", axis))


PAIRS = {"activation-map", "attention-fit", "component-ablation", "neuron-frequencies", "readout-fit", "spectrum-2d", "trig-share"}
"""Some of those that look at functions of all pairs (a, b)."""


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("restricted", "the table has 21 rows, not one for each of the 49 pairs"),
        ("three", "3 operands"),
        ("mixture", "the table has 50 rows, not one for each of the 25 pairs"),
    ],
)
def test_functions_of_all_pairs_need_all_pairs(task: str, words: str, outcomes: dict[str, dict[str, Any]]) -> None:
    assert all(isinstance(outcomes[task][name], NotApplicable) and words in outcomes[task][name].reason for name in PAIRS)
    phases = ("logit-cosines", "key-frequencies", "restricted-loss", "excluded-loss", "logit-fve", "logit-profile")
    assert all(isinstance(outcomes[task][name], Result) for name in phases)


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_quotients_have_all_pairs_of_logarithms(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    """Rows (a, b) with b other than 0: those with a other than 0 too are the square of the units."""
    assert isinstance(outcomes["divide"][name], Result)


def test_a_table_without_a_rule_can_be_looked_at_as_a_control(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", task=RandomTable(p=7), steps=STEPS))
    found = analyze(run, ["key-frequencies", "key-frequencies(basis=additive)", "spectrum-2d(basis=additive)"], nulls=0)
    refused, *shown = found.values()
    assert "use basis=additive" in refused.reason  # type: ignore[union-attr]
    assert all(isinstance(each, Result) for each in shown)
