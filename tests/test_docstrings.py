"""Public objects document their arguments, results and errors in NumPy style, and the examples in docstrings run."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from docstring_sections import lacking
from made_runs import make_run

import mechgrok
from mechgrok.plots import primitives

ROOT = Path(mechgrok.__file__).parent

SUBCLASSED = {
    "mechgrok.measures.base.measure": ("Measure", "RunMeasure"),
    "mechgrok.measures.base.basis": ("InBasis",),
    "mechgrok.measures.base.keyed": ("Keyed",),
    "mechgrok.measures.base.on_group": ("OnGroup",),
    "mechgrok.measures.base.readings": ("OfCurves",),
    "mechgrok.tasks.task": ("Task",),
    "mechgrok.tasks.arithmetic": ("Arithmetic",),
    "mechgrok.tasks.parts": ("WithParts", "Mixed", "Staged"),
    "mechgrok.data.splits.split": ("Split", "Shuffled"),
    "mechgrok.data.corruptions.corruption": ("Corruption",),
    "mechgrok.data.corruptions.noise": ("Noise",),
    "mechgrok.data.corruptions.rule": ("Rule",),
    "mechgrok.models.model": ("Model",),
    "mechgrok.models.network": ("Network",),
    "mechgrok.models.shape": ("Shape",),
    "mechgrok.models.architecture": ("Architecture",),
    "mechgrok.training.optimizers.optimizer": ("Optimizer", "Decoupled", "Coupled"),
    "mechgrok.training.schedules.schedule": ("RateSchedule",),
    "mechgrok.training.gradients.gradient": ("Gradient",),
    "mechgrok.training.probes.probe": ("Probe",),
    "mechgrok.runs.importing.importer": ("Importer",),
}
"""Interfaces that a new measure, task, split, ... subclasses: documented, with an example."""

DRAWING = {"mechgrok.plots.primitives": tuple(primitives.__all__)}
"""The functions that draw a measure's figure: documented, with an example."""

FILLED_IN = {
    "mechgrok.runs.importing.foreign": ("Foreign",),
    "mechgrok.runs.importing.importer": ("WeightsFile",),
    "mechgrok.training.presets.preset": ("Preset",),
    "mechgrok.analysis": ("Panel", "Trial", "Number", "Difference", "Pace", "Claim", "Paired", "Study", "Analysis"),
    "mechgrok.verification.check": ("Tolerance", "Check"),
    "mechgrok.verification.source": ("Source",),
}
"""Records that a new importer, preset, analysis or published file fills in: documented."""

MATHS = sorted(".".join(path.relative_to(ROOT.parent).with_suffix("").parts) for path in (ROOT / "maths").rglob("*.py"))


@pytest.mark.parametrize("name", sorted({*MATHS, *SUBCLASSED, *DRAWING, *FILLED_IN, "mechgrok"}))
def test_public_objects_are_documented(name: str) -> None:
    complaints = {each: lacking(found, example=example) for each, found, example in _public(name)}
    assert {each: missing for each, missing in complaints.items() if missing} == {}


def _public(name: str) -> Iterator[tuple[str, Any, bool]]:
    """The public objects of a module that must be documented: name, object, and whether it needs an example."""
    module = importlib.import_module(name)
    if name in MATHS:
        for each, found in _defined(module).items():
            yield each, found, not inspect.isclass(found)
    for each in mechgrok.__all__ if name == "mechgrok" else ():
        if inspect.isroutine(found := getattr(module, each)) or inspect.isclass(found):
            yield each, found, True
    yield from ((each, getattr(module, each), True) for each in (SUBCLASSED | DRAWING).get(name, ()))
    yield from ((each, getattr(module, each), False) for each in FILLED_IN.get(name, ()))


def _defined(module: ModuleType) -> dict[str, Any]:
    """The functions and classes that a module defines under a public name."""
    return {
        name: found
        for name, found in vars(module).items()
        if not name.startswith("_") and callable(found) and getattr(found, "__module__", None) == module.__name__
    }


def halved(x: float) -> float:
    """Half of x.

    Parameters
    ----------
    x : float
        A positive number.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If x is not positive.

    Examples
    --------
    >>> halved(3.0)
    1.5
    """
    if x <= 0:
        raise ValueError(x)
    return x / 2


@dataclass
class Pair:
    """Two numbers.

    Attributes
    ----------
    first : float
    """

    first: float
    second: float
    """Documented beneath."""

    def scaled(self, factor: float) -> Pair:
        """Both numbers times a factor.

        Parameters
        ----------
        factor : float

        Returns
        -------
        Pair
        """
        return Pair(factor * self.first, factor * self.second)


LACKS = {
    "no Examples": ("Examples", "Example"),
    "no Returns": ("Returns\n    -------\n    float", ""),
    "Raises lacks ValueError": ("    ValueError", "    KeyError"),
    "Parameters lacks x": ("    x : float", "    y : float"),
    "Parameters has y, which is none": ("    x : float", "    x, y : float"),
    "Parameters: x has no type": ("    x : float", "    x"),
}


def test_complete_docstrings_have_no_complaints() -> None:
    assert lacking(halved, example=True) == []
    assert lacking(Pair, example=False) == []


@pytest.mark.parametrize("complaint", LACKS)
def test_each_missing_section_is_named(complaint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halved, "__doc__", str(halved.__doc__).replace(*LACKS[complaint], 1))
    assert complaint in lacking(halved, example=True)


def test_attributes_are_those_of_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pair, "__doc__", str(Pair.__doc__).replace("first", "third"))
    assert lacking(Pair, example=False) == ["Attributes lacks first", "Attributes has third, which is none"]


WITH_EXAMPLES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text()
}
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the run `run`: random weights, p = 11, checkpoints 0 and 20."""
    place = tmp_path_factory.mktemp("examples")
    make_run(place / "run", p=11, steps=(0, 20))
    return place


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_give_what_they_show(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    module, report = importlib.import_module(name), list[str]()
    namespace = {**vars(module), "np": np, "pd": pd, "torch": torch, "mechgrok": mechgrok, "run": mechgrok.open_run("run")}
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    for test in _examples(WITH_EXAMPLES[name], namespace):
        runner.run(test, out=report.append)
    assert runner.tries
    assert not runner.failures, "".join(report)


def _examples(path: Path, namespace: dict[str, Any]) -> Iterator[doctest.DocTest]:
    """The examples of every docstring in a file, each with a namespace of its own."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ">>> " in (text := ast.get_docstring(node) or ""):
            line = node.body[0].lineno - 1
            name = getattr(node, "name", path.stem)
            yield doctest.DocTestParser().get_doctest(text, dict(namespace), name, str(path), line)
