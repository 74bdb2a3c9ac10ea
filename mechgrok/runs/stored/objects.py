"""JSON objects in the files of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mechgrok.errors import UserError

_DEPTH = 16
"""Levels of nesting; what mechgrok writes has no more than half of them."""
_ORIGINS = ("imported", "recorded")
"""The entries of execution.json on the origin of a run that was not trained here."""


def read_object(path: Path, text: str | None = None) -> dict[str, Any]:
    """The JSON object in a file, or in its `text`. Raises UserError where there is none."""
    try:
        found = json.loads(path.read_text("utf-8") if text is None else text)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is no JSON ({error}); restore it from a copy") from None
    if not isinstance(found, dict):
        raise UserError(f"{path} holds no JSON object; restore it from a copy")
    if not _is_shallow(found, _DEPTH):
        raise UserError(f"{path} nests more than {_DEPTH} levels; restore it from a copy")
    return found


def read_execution(path: Path) -> dict[str, Any]:
    """The contents of execution.json. Raises UserError where the origin of an imported or recorded run is not written as it has to be."""
    found = read_object(path)
    for origin in _ORIGINS:
        if origin in found and not _is_origin(found[origin]):
            raise UserError(f"{path}: {origin} is no object with a list of notes; restore the file from a copy")
    return found


def _is_origin(entry: Any) -> bool:
    return isinstance(entry, Mapping) and _are_texts(entry.get("notes", []))


def _are_texts(notes: Any) -> bool:
    return isinstance(notes, list) and all(isinstance(note, str) for note in notes)


def _is_shallow(value: Any, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not inner or (depth > 0 and all(_is_shallow(each, depth - 1) for each in inner))
