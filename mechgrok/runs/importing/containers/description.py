"""The contents of a file in a line, for messages."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from mechgrok.runs.importing.safe_pickle.records import Record

_KEYS_SHOWN = 8
_DEPTH = 3


def describe(data: Any, depth: int = 0) -> str:
    """What `data` is: its type, its length, and its keys, with those of the dicts inside."""
    if isinstance(data, dict) and data:
        keys = [_entry(key, item, depth) for key, item in list(data.items())[:_KEYS_SHOWN]]
        return f"a dict of {len(data)} with the keys {', '.join(keys)}{', ...' if len(data) > _KEYS_SHOWN else ''}"
    if isinstance(data, list | tuple):
        inner = f", the first {describe(data[0], depth + 1)}" if data and depth < _DEPTH else ""
        return f"a {type(data).__name__} of {len(data)}{inner}"
    if isinstance(data, Tensor):
        return f"a tensor of shape {tuple(data.shape)}"
    if isinstance(data, Record):
        return f"an object of the class {data.name[:80]!r}"
    return f"a {type(data).__name__}"


def _entry(key: Any, item: Any, depth: int) -> str:
    name = repr(key)[:40]
    inner = isinstance(item, dict | list | Record) and depth < _DEPTH
    return f"{name} ({describe(item, depth + 1)})" if inner else name
