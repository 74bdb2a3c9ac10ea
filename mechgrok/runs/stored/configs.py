"""The stored config of a run, validated as far as this needs no torch: all but model, optimiser, gradient and schedule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from mechgrok.config import DEFAULT_KINDS, PART_FOLDERS, Checkpoints, Config, Start, Training, describe_problem
from mechgrok.discovery import kinds
from mechgrok.errors import UserError, nearest

_WITHOUT_KIND: Mapping[str, type[BaseModel]] = {"start": Start, "training": Training, "checkpoints": Checkpoints}
_WITHOUT_TORCH = ("task", "split", "corruption")


def require_valid(config: Mapping[str, Any], source: str) -> None:
    """Raises UserError, with the name of the `source`, where a part is no object or its values are not valid.

    A part of a kind that is not installed here is not checked further, since its class is unknown.
    """
    for part, values in config.items():
        if part not in Config.model_fields:
            raise UserError(f"{source}: unknown key {part}{nearest(part, list(Config.model_fields))}")
        if not isinstance(values, dict):
            raise UserError(f"{source}: {part} is no object; restore the file from a copy")
        if problem := _problem(part, json.dumps(values, sort_keys=True)):
            raise UserError(f"{source}: {problem}")


# The runs of a sweep have most of their parts in common, and validating a task may compute its table.
@lru_cache(maxsize=256)
def _problem(part: str, text: str) -> str:
    """The first problem of the values of a part, in one line; empty where there is none."""
    values = json.loads(text)
    known = _class(part, values)
    try:
        if known is not None:
            known.model_validate(values)
    except ValidationError as error:
        return describe_problem(error, known or Config, part)
    return ""


def _class(part: str, values: Mapping[str, Any]) -> type[BaseModel] | None:
    """The class of a part; None where it needs torch, or is not installed."""
    if part not in _WITHOUT_TORCH:
        return _WITHOUT_KIND.get(part)
    kind = values.get("kind", DEFAULT_KINDS.get(part))
    found: type[BaseModel] | None = kinds(PART_FOLDERS[part]).get(kind) if isinstance(kind, str) else None
    return found
