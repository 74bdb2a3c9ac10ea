"""The contents of a file in a line, for messages."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from mechgrok.runs.importing.safe_pickle.records import Record

_KEYS_SHOWN = 8
_DEPTH = 3
_LETTERS = 500


def describe(data: Any, *, nested: bool = True) -> str:
    """What `data` is: its type, its length and its keys; with those of `nested` dicts, in at most 500 letters."""
    text = _described(data, 0 if nested else _DEPTH)
    return text if len(text) <= _LETTERS else f"{text[:_LETTERS]}..."


def _described(data: Any, depth: int) -> str:
    if isinstance(data, dict) and data:
        keys = [_entry(key, item, depth) for key, item in list(data.items())[:_KEYS_SHOWN]]
        return f"a dict of {len(data)} with the keys {', '.join(keys)}{', ...' if len(data) > _KEYS_SHOWN else ''}"
    if isinstance(data, list | tuple):
        inner = f", the first {_described(data[0], depth + 1)}" if data and depth < _DEPTH else ""
        return f"a {type(data).__name__} of {len(data)}{inner}"
    if isinstance(data, Tensor):
        return f"a tensor of shape {tuple(data.shape)}"
    if isinstance(data, Record):
        return f"an object of the class {data.name[:80]!r}"
    return f"a {type(data).__name__}"


def _entry(key: Any, item: Any, depth: int) -> str:
    name = repr(key)[:40]
    inner = isinstance(item, dict | list | Record) and depth < _DEPTH
    return f"{name} ({_described(item, depth + 1)})" if inner else name
