"""What is defined in a notebook counts by content: equal cells give equal digests, a change in anything that is reached another one."""

from __future__ import annotations

import functools
import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from mechgrok.engine import contents
from mechgrok.engine.sources import Sources


def content(thing: Any) -> str | None:
    """The digest of a thing; None where something that it reaches cannot be hashed."""
    return contents.digest([thing], Sources())


CELL = """
import math
from dataclasses import dataclass
from typing import ClassVar
import numpy as np

OFFSET = {offset}
TABLE = np.arange(4) * {scale}

def inner(x):
    return x + OFFSET

def helper(x):
    '''{doc}'''
    # {doc}
    return [inner(y) * {factor} for y in (x, math.pi)] + list(TABLE)

@dataclass(frozen=True)
class Subject:
    name: ClassVar[str] = "subject"
    power: int = {power}

    def compute(self, x=({default},)):
        return helper(x[0]) ** self.power
"""
PARTS = {"offset": 1, "scale": 1, "doc": "one", "factor": 2, "power": 1, "default": 3}


def cell(**changed: Any) -> dict[str, Any]:
    """The names that a cell with some parts changed defines, in a namespace like a notebook's."""
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(CELL.format(**(PARTS | changed)), space)
    return space


@pytest.mark.long
def test_the_same_cell_run_again_is_the_same() -> None:
    assert content(cell()["Subject"]) == content(cell()["Subject"]) is not None


@pytest.mark.long
def test_comments_and_docstrings_do_not_count() -> None:
    assert content(cell()["Subject"]) == content(cell(doc="another")["Subject"])


@pytest.mark.parametrize("part", ["offset", "scale", "factor", "power", "default"])
def test_whatever_it_reaches_counts(part: str) -> None:
    """A global of a helper's helper, an array, a constant, a field's default, a parameter's default."""
    assert content(cell()["Subject"]) != content(cell(**{part: 7})["Subject"])


def test_variables_that_a_function_closes_over_count() -> None:
    def made(number: Any) -> Any:
        return lambda: number

    assert content(made(1)) == content(made(1))
    assert content(made(1)) != content(made(2))
    assert content(made([1, {"a": 2.0}])) != content(made([1, {"a": 2.5}]))


def test_functions_that_call_themselves_and_each_other_end() -> None:
    space: dict[str, Any] = {"__name__": "__main__"}
    exec("def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)\n", space)
    assert content(space["even"]) == content(space["even"])


DATA = {
    "arrays": (np.arange(3), np.arange(1, 4)),
    "array types": (np.zeros(2), np.zeros(2, dtype=np.float32)),
    "tensors": (torch.ones(2), torch.zeros(2)),
    "bfloat16": (torch.ones(2, dtype=torch.bfloat16), torch.zeros(2, dtype=torch.bfloat16)),
    "frames": (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]})),
    "words in a frame": (pd.DataFrame({"a": ["x", None]}), pd.DataFrame({"a": ["y", None]})),
    "sets": ({1, 2}, {1, 3}),
    "types": (1, 1.0),
    "partials": (functools.partial(max, 1), functools.partial(max, 2)),
    "dictionaries": ({"a": 1}, {"b": 1}),
}


@pytest.mark.parametrize("name", DATA)
def test_data_count_by_value(name: str) -> None:
    one, other = DATA[name]
    assert content(one) == content(one)
    assert content(one) != content(other)


@pytest.mark.parametrize(
    "value", [threading.Lock(), (n for n in range(3)), torch.nn.Linear(1, 1), open], ids=lambda value: type(value).__name__
)
def test_anything_else_is_refused(value: Any) -> None:
    if value is open:
        value = value(__file__)
    assert content(value) is None


def test_a_name_that_is_defined_nowhere_is_refused() -> None:
    space: dict[str, Any] = {"__name__": "__main__"}
    exec("def f(): return later(1)", space)
    assert content(space["f"]) is None
