"""Flags are made from the sources of classes, which tyro reads and parses anew for every command and field: here once a process."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

READ = inspect.getsource
KNOWN: dict[tuple[str, str], str | OSError] = {}


@pytest.fixture(autouse=True)
def sources_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test that uses this changes a source."""
    monkeypatch.setattr(inspect, "getsource", source)


def source(thing: Any) -> str:
    """As inspect.getsource, which finds a class by its name in its module's file; of a class that is made on the way it raises OSError."""
    if not isinstance(thing, type):
        return READ(thing)
    place = (thing.__module__, thing.__qualname__)
    if place not in KNOWN:
        try:
            KNOWN[place] = READ(thing)
        except OSError as error:
            KNOWN[place] = error
    found = KNOWN[place]
    if isinstance(found, OSError):
        raise found
    return found
