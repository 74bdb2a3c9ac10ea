"""The licences of mechgrok and of all packages that it needs, as their own metadata name them."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator
from importlib.metadata import PackageMetadata

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_LONGEST = 60
"""Characters of a licence; some packages give the whole text."""


def licences() -> dict[str, tuple[str, str]]:
    """Version and licence by distribution: mechgrok, and what it needs directly and through others, where it is installed."""
    found: dict[str, tuple[str, str]] = {}
    waiting = ["mechgrok"]
    while waiting:
        name = waiting.pop()
        metadata = _metadata(name)
        if metadata is not None and _normal(name) not in found:
            found[_normal(name)] = (metadata["Version"], licence(metadata))
            waiting += _needed(name)
    return dict(sorted(found.items()))


def licence(metadata: PackageMetadata) -> str:
    """The licence that a distribution declares: an SPDX expression, else its classifiers, else the first line of its text."""
    classifiers = [each.rpartition(" :: ")[2] for each in metadata.get_all("Classifier") or () if each.startswith("License :: ")]
    expression, text = (next(iter(metadata.get_all(field) or ()), "") for field in ("License-Expression", "License"))
    return expression or " or ".join(classifiers) or text.strip().partition("\n")[0].strip()[:_LONGEST] or "unknown"


def _metadata(name: str) -> PackageMetadata | None:
    try:
        return importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _needed(name: str) -> Iterator[str]:
    """The distributions that one needs without its extras."""
    for requirement in importlib.metadata.requires(name) or ():
        found, (_, _, marker) = _NAME.match(requirement), requirement.partition(";")
        if found and "extra" not in marker:
            yield found[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
