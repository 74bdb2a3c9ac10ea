"""Measures: one file each, in families by the question that they answer. `mechgrok.measures.Gini()` is the measure `gini`."""

from __future__ import annotations

from functools import cache
from typing import Any


def __getattr__(name: str) -> Any:
    """The class of a measure, found by its name when it is first used."""
    if name[:1].isupper() and name in _classes():
        return _classes()[name]
    raise AttributeError(f"module 'mechgrok.measures' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_classes())


@cache
def _classes() -> dict[str, Any]:
    from mechgrok.discovery import classes
    from mechgrok.measures.base.base_measure import BaseMeasure

    return {found.__name__: found for found in classes("measures", BaseMeasure) if "columns" in vars(found)}
