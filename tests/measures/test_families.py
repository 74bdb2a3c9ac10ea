"""The table of families and the folders agree."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
from own_measure import Mine

from mechgrok import measures
from mechgrok.engine import registry
from mechgrok.measures.families import QUESTIONS, by_family, family

FOLDER = Path(measures.__file__).parent
ROOT = FOLDER.parents[1]
OWN = [name for name in QUESTIONS if name != "other"]


def test_every_folder_that_holds_measures_is_a_family() -> None:
    holding = {Path(*measure.__module__.split(".")[:-1]).name for measure in registry.measures().values()}
    assert holding == set(OWN)
    assert {path.parent.name for path in FOLDER.glob("*/__init__.py")} == {*OWN, "base", "shared"}


@pytest.mark.parametrize("name", OWN)
def test_the_docstring_of_the_folder_is_the_question(name: str) -> None:
    assert import_module(f"mechgrok.measures.{name}").__doc__ == QUESTIONS[name]


def test_the_guide_has_the_same_questions_and_measures_in_this_order() -> None:
    rows = re.findall(r"^\| ([^|`]+?) \| (\[`.*) \|$", (ROOT / "docs" / "guides" / "measures.md").read_text(), re.MULTILINE)
    found = {question: set(re.findall(r"\[`([\w-]+)`\]", names)) for question, names in rows}
    assert list(found) == [QUESTIONS[name] for name in OWN]
    grouped = by_family(registry.measures().values())
    assert found == {QUESTIONS[name]: {measure.name for measure in members} for name, members in grouped.items()}


def test_families_come_in_order_and_their_measures_by_name() -> None:
    grouped = by_family([*registry.measures().values(), Mine])
    assert list(grouped) == list(QUESTIONS)
    assert grouped["algorithms"] == [registry.measures()[name] for name in ("clock-pizza", "distance-irrelevance", "gradient-symmetricity")]
    assert sum(map(len, grouped.values())) == len(registry.measures()) + 1


def test_a_measure_from_elsewhere_is_in_the_last_family() -> None:
    assert family(Mine) == "other" == list(QUESTIONS)[-1]
