"""All measures on tasks whose tables are not the square of two numbers: a result or a reason, never a traceback or a gap without a word."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from made_runs import make_run

from mechgrok.measures import registry
from mechgrok.measures.engine import analyze
from mechgrok.measures.outcomes import NotApplicable, Result
from mechgrok.runs.run import open_run
from mechgrok.tasks.domain import Domain
from mechgrok.tasks.expression import Expression
from mechgrok.tasks.k_wise import KWise
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.random_table import RandomTable
from mechgrok.tasks.task import Task

STEPS = (0, 20)
TASKS: dict[str, Task] = {
    "divide": Modular(p=7, operation="divide"),
    "divide-or-subtract": Modular(p=5, operation="divide-or-subtract", layout="openai equation"),
    "cube": Modular(p=7, operation="(a+b)^3", layout="a = b"),
    "nonzero": Modular(p=7, operation="multiply", layout="a op b", domain=Domain(nonzero=True)),
    "restricted": Modular(p=7, domain=Domain(first_fraction=0.5)),
    "below": Modular(p=7, domain=Domain(below=3)),
    "ascending": Modular(p=5, layout="a b", domain=Domain(ascending=True)),
    "three": KWise(p=5, terms=3),
    "form": Expression(p=3, expression="a*b + c"),
    "product": Expression(p=5, expression="a*b*c"),
    "mixture": Mixture(p=5, operations=("add", "multiply")),
    "products": Mixture(p=5, operations=("multiply", "divide"), layout="a op b ="),
    "random": RandomTable(p=7),
}
NAMES = sorted(registry.measures())
OF_SQUARES = {"commutativity", "gradient-symmetricity"}
"""They look at the table of the number tokens themselves, whatever the basis."""

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    root = tmp_path_factory.mktemp("runs")
    folders = {name: make_run(root / name, task=task, steps=STEPS) for name, task in TASKS.items()}
    return {name: analyze(open_run(folder), NAMES, nulls=2) for name, folder in folders.items()}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", NAMES)
def test_a_result_or_a_reason(name: str, task: str, outcomes: dict[str, dict[str, Any]]) -> None:
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
