"""What a disturbed process may not leave: files that are half or wrong, and states that lack checkpoints from before them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from mechgrok.runs import store

Contents = Mapping[str, bytes]
_GROWING = re.compile(r"(.*/)?(metrics|probes)\.csv")
_FIXED = re.compile(r"(.*/)?((weights|module)/\d+\.safetensors|tables\.parquet|config\.json|lineage\.json|split\.safetensors)")
"""Files that are written once."""


def broken(found: Contents, expected: Contents) -> str:
    """What is wrong before a disturbed job is completed, given its files then and those of a job that nobody disturbed; else empty."""
    return next((text for part in (_wrong, _lost) for text in part(found, expected)), "")


def _wrong(found: Contents, expected: Contents) -> Iterator[str]:
    for name, content in found.items():
        whole = expected.get(name)
        if whole is not None and _FIXED.fullmatch(name) and content != whole:
            yield f"wrong or half: {name}"
        if whole is not None and _GROWING.fullmatch(name) and not whole.startswith(content):
            yield f"other rows in {name}"


def _lost(found: Contents, expected: Contents) -> Iterator[str]:
    """Checkpoints of steps up to that of a state, which are said to be saved."""
    for name, content in found.items():
        run, _, file = name.rpartition(store.STATE)
        if not file and name.endswith(store.STATE) and not name.endswith(store.NEXT_STATE):
            saved = int(_notes(content)["step"])
            checkpoints = {each: re.fullmatch(rf"{re.escape(run)}{store.WEIGHTS}/(\d+)\.safetensors", each) for each in expected}
            yield from (f"lost: {each}" for each, step in checkpoints.items() if step and int(step[1]) <= saved and each not in found)


def _notes(content: bytes) -> dict[str, str]:
    """The notes in the header of a state."""
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    notes: dict[str, str] = json.loads(header["__metadata__"]["mechgrok"])
    return notes
