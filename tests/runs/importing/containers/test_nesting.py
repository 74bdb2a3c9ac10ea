"""The work on nested data grows with their depth, not exponentially with it: counted in calls of Python functions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import reduce
from itertools import islice, product
from typing import Any

import pytest
import torch

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.curve_names import Curve
from mechgrok.runs.importing.containers.curves import Curves, _keep, find_curves
from mechgrok.runs.importing.containers.unpack import unpack
from mechgrok.runs.importing.safe_pickle.records import Record

TENSOR = torch.ones(2, 3)


def module(inner: Any) -> Record:
    """A module with one inside it."""
    made = Record("torch.nn.Sequential")
    made.states = [{"_parameters": {"weight": TENSOR}, "_buffers": {}, "_modules": {"0": inner}}]
    return made


NESTINGS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "modules": (module, None),
    "dicts by number": (lambda inner: {"7": inner}, {}),
    "dicts by number with weights": (lambda inner: {"7": inner, "8": {"a": 1}}, {"w": TENSOR}),
    "dicts by name": (lambda inner: {"model": inner, "a": 1}, {"w": TENSOR}),
    "lists": (lambda inner: [inner], {"a": 1}),
    "lists in dicts": (lambda inner: {"a": [inner], "steps": [3]}, {"w": TENSOR, "a": 1}),
}


def calls(function: Callable[[Any], Any], data: Any) -> int:
    """How many functions are called to read some data."""
    count = 0

    def profile(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        function(data)
    except UserError:
        pass
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("nesting", NESTINGS)
def test_the_work_does_not_grow_exponentially_with_the_depth(nesting: str) -> None:
    wrap, leaf = NESTINGS[nesting]
    shallow, deep = (calls(unpack, reduce(lambda inner, _: wrap(inner), range(depth), leaf)) for depth in (5, 10))
    assert deep < 6 * shallow, (shallow, deep)


def records(count: int) -> dict[str, Any]:
    """Dicts side by side, each with a curve and steps under a name of its own."""
    words = ("metrics", "history", "logs", "curves", "results", "stats", "records")
    names = ["_".join(each) for each in islice(product(words, repeat=3), count)]
    return {name: {f"steps_{at}": [0, 1, 2], "train_loss": [3.0, 2.0, 1.0]} for at, name in enumerate(names)}


def test_the_work_grows_with_the_number_of_curves() -> None:
    few, many = (calls(find_curves, records(count)) for count in (150, 300))
    assert many < 3 * few, (few, many)


def test_readings_are_added_to_the_curve_that_is_known() -> None:
    """Copying the curve for each record would take quadratic time; of two readings of a step the first stays."""
    found, curve = Curves(), Curve("train", "loss")
    _keep(found, curve, "a", {0: 3.0, 1: 2.0})
    known = found.dated[curve]
    _keep(found, curve, "b", {1: 9.0, 2: 1.0})
    assert found.dated[curve] is known
    assert (known, found.names) == ({0: 3.0, 1: 2.0, 2: 1.0}, {curve: "a"})


class Unprintable(list[Any]):
    """A list whose text is never needed: that of lists within lists may be far longer than the file."""

    def __repr__(self) -> str:
        raise AssertionError("a list was made a text")


def test_a_split_is_a_word() -> None:
    rows = [{"step": 0, "split": Unprintable(), "train_loss": 1.0}, {"step": 1, "split": "val", "loss": 2.0}]
    assert find_curves({"history": rows}).dated == {Curve("train", "loss"): {0: 1.0}, Curve("test", "loss"): {1: 2.0}}


def test_names_that_grow_with_the_depth_are_refused() -> None:
    """Three thousand letters for each leaf, whatever their number."""
    data = reduce(lambda inner, _: {"n" * 999: inner}, range(3), {str(at): TENSOR for at in range(3)})
    with pytest.raises(UserError, match="nests its names to more than 1000 letters, 'nnn"):
        unpack(data)
