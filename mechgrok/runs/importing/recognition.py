"""Which importer reads a file.

Every importer returns the set of features by which it recognises a file (`Importer.recognises`). One importer is more specific than
another if its features contain those of the other and more. The most specific importer reads the file: "W_O with two axes", "no W_pos"
and "no biases" (furuta2024) take precedence over "W_O with two axes" alone (nanda2023), in whatever order importers are found. Where two
importers recognise a file and neither is more specific than the other, the file is refused, and the error names both with their features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from mechgrok import discovery
from mechgrok.errors import UserError
from mechgrok.runs.importing.importer import Importer, WeightsFile

_KEYS_SHOWN = 8


def importers() -> list[Importer]:
    """All importers: those of `importers/`, and those of entry points `mechgrok.runs.importing.importers`."""
    return [found() for found in discovery.classes("runs.importing.importers", Importer)]


def recognise(file: WeightsFile, known: Sequence[Importer] | None = None) -> Importer:
    """The most specific importer that recognises a file, among those `known`, by default all.

    Raises UserError where none recognises it, with the contents of the file and the accepted formats, and where several do of which
    none is the most specific.
    """
    known = importers() if known is None else known
    found = {importer: features for importer in known if (features := importer.recognises(file))}
    if not found:
        accepted = "; ".join(importer.describe for importer in known)
        raise UserError(f"no importer recognises this file, which holds {_contents(file.data)}. Accepted: {accepted}")
    most = [importer for importer, features in found.items() if not any(features < other for other in found.values())]
    if len(most) > 1:
        raise UserError(_ambiguity({importer: found[importer] for importer in most}))
    return most[0]


def _ambiguity(found: Mapping[Importer, frozenset[str]]) -> str:
    claims = "; ".join(f"{importer.name} by {', '.join(sorted(features))}" for importer, features in found.items())
    return f"{len(found)} importers recognise this file, none more specifically than the others: {claims}"


def _contents(data: Any) -> str:
    if isinstance(data, dict):
        keys = [repr(key)[:40] for key in data][:_KEYS_SHOWN]
        return f"a dict of {len(data)} with the keys {', '.join(keys)}{', ...' if len(data) > _KEYS_SHOWN else ''}"
    if isinstance(data, list | tuple):
        return f"a {type(data).__name__} of {len(data)}"
    if isinstance(data, Tensor):
        return f"one tensor of shape {tuple(data.shape)}"
    return f"a {type(data).__name__}"
