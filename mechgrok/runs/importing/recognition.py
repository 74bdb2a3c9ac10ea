"""Which importer reads a file.

Every importer returns the set of features by which it recognises a file (`Importer.recognises`). One importer is more specific than
another if its features contain those of the other and more. The most specific importer reads the file: "W_O with two axes", "no W_pos"
and "no biases" (furuta2024) take precedence over "W_O with two axes" alone (nanda2023), in whatever order importers are found. Where two
importers recognise a file and neither is more specific than the other, the file is refused, and the error names both with their features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mechgrok import discovery
from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.description import describe
from mechgrok.runs.importing.importer import Importer, WeightsFile
from mechgrok.runs.importing.networks.neurons import BY_MODULE

_NAMES_SHOWN = 5


def importers() -> list[Importer]:
    """All importers: those of `importers/`, and those of entry points `mechgrok.runs.importing.importers`."""
    return [found() for found in discovery.classes("runs.importing.importers", Importer)]


def recognise(file: WeightsFile, known: Sequence[Importer] | None = None) -> Importer:
    """The most specific importer that recognises a file, among those `known`, by default all.

    Raises UserError where it holds no weights, where no importer recognises it, with its contents and the accepted formats, and where
    several do of which none is the most specific.
    """
    known = importers() if known is None else known
    found = {importer: features for importer in known if (features := importer.recognises(file))}
    if not found:
        accepted = "; ".join(importer.describe for importer in known)
        names = ", ".join(repr(name[:60]) for name in list(file.contents.last)[:_NAMES_SHOWN])
        held = f"{describe(file.data, nested=False)}, and weights by the names {names}"
        raise UserError(f"no importer recognises this file, which holds {held}. Accepted: {accepted}. Of any other network, {BY_MODULE}")
    most = [importer for importer, features in found.items() if not any(features < other for other in found.values())]
    if len(most) > 1:
        raise UserError(_ambiguity({importer: found[importer] for importer in most}))
    return most[0]


def _ambiguity(found: Mapping[Importer, frozenset[str]]) -> str:
    claims = "; ".join(f"{importer.name} by {', '.join(sorted(features))}" for importer, features in found.items())
    return f"{len(found)} importers recognise this file, none more specifically than the others: {claims}"
