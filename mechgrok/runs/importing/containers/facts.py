"""Words and numbers beside the weights of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from mechgrok.runs.importing.containers.module_facts import facts_of_modules
from mechgrok.runs.importing.containers.skipped import is_skipped
from mechgrok.runs.importing.containers.trees import flattened
from mechgrok.runs.importing.safe_pickle.records import Record

_DEPTH = 6


def find_facts(*sources: Any) -> dict[str, Any]:
    """The words and numbers of all sources by name in lower case: of equal names the outer and first one, those of modules last."""
    found: dict[str, Any] = {}
    level = [dict(enumerate(sources))]
    for _ in range(_DEPTH):
        for node in level:
            for key, item in node.items():
                if isinstance(key, str) and (value := _scalar(item)) is not None:
                    found.setdefault(key.lower(), value)
        level = [inner for node in level for inner in _inner(node)]
    return {**facts_of_modules(sources), **found}


def _scalar(item: Any) -> bool | int | float | str | None:
    if isinstance(item, Record) and len(item.arguments) == 1 and not item.fields:
        item = item.arguments[0]
    if isinstance(item, Tensor) and item.ndim == 0:
        item = item.item()
    return item if isinstance(item, bool | int | float | str) else None


def _inner(node: dict[Any, Any]) -> Iterator[dict[Any, Any]]:
    for key, item in node.items():
        inner = item.fields if isinstance(item, Record) else item
        if isinstance(inner, dict) and "_parameters" not in inner and not is_skipped(key, inner) and not flattened(inner):
            yield inner
