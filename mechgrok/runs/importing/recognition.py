"""Which importer reads a file."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from mechgrok import discovery
from mechgrok.errors import UserError
from mechgrok.runs.importing.foreign import Importer

_SHOWN = 8


def importers() -> list[Importer]:
    """All importers: those of `importers/`, and those of entry points `mechgrok.runs.importing.importers`."""
    return [found() for found in discovery.classes("runs.importing.importers", Importer)]


def recognise(data: Any) -> Importer:
    """The importer for what `pickles.read` returned. Raises UserError with what the file holds and what could be read."""
    known = importers()
    for importer in known:
        if importer.recognises(data):
            return importer
    accepted = "; ".join(importer.describe for importer in known)
    raise UserError(f"no importer knows this file, which holds {_contents(data)}. Accepted: {accepted}")


def _contents(data: Any) -> str:
    if isinstance(data, dict):
        keys = [repr(key)[:40] for key in data][:_SHOWN]
        return f"a dict of {len(data)} with the keys {', '.join(keys)}{', ...' if len(data) > _SHOWN else ''}"
    if isinstance(data, list | tuple):
        return f"a {type(data).__name__} of {len(data)}"
    if isinstance(data, Tensor):
        return f"one tensor of shape {tuple(data.shape)}"
    return f"a {type(data).__name__}"
