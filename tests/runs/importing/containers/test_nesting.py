"""The work on nested data grows with their depth, not exponentially with it: counted in calls of Python functions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest
import torch

from mechgrok.errors import UserError
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


def calls(data: Any) -> int:
    """How many functions are called to unpack some data."""
    count = 0

    def profile(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        unpack(data)
    except UserError:
        pass
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("nesting", NESTINGS)
def test_the_work_does_not_grow_exponentially_with_the_depth(nesting: str) -> None:
    wrap, leaf = NESTINGS[nesting]
    shallow, deep = (calls(reduce(lambda inner, _: wrap(inner), range(depth), leaf)) for depth in (5, 10))
    assert deep < 6 * shallow, (shallow, deep)


def test_names_that_grow_with_the_depth_are_refused() -> None:
    """Three thousand letters for each leaf, whatever their number."""
    data = reduce(lambda inner, _: {"n" * 999: inner}, range(3), {str(at): TENSOR for at in range(3)})
    with pytest.raises(UserError, match="nests its names to more than 1000 letters, 'nnn"):
        unpack(data)
